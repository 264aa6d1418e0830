package block

import (
	"cellnet/internal/hugepage"
	"cellnet/internal/kernel"
	"cellnet/internal/parallel"
)

// Workspace is the scratch memory that the blocks of one network share. They
// run one after the other.
type Workspace struct {
	Kernels    *kernel.Kernels
	Statistics Statistics // that training blocks normalize with
	// Reader, if it is not nil before blocks are made, is shown what the
	// training blocks named so computed after each of their passes.
	Reader func(block string, v Traced)
	// Memory, if it is not nil before blocks are made, is what they keep their
	// activations in.
	Memory *Memory
	// OneThread keeps the work on the caller's.
	OneThread bool
	// Simplify computes cells without the nodes that only pass values on, also
	// where there is a reader, which then isn't shown them.
	Simplify bool
	// Frozen promises that weights don't change once a block has run: what is packed
	// of them is kept.
	Frozen bool
	// InputsOnly leaves the gradients of weights out of the backward passes.
	InputsOnly bool
	// DirectSums computes the gradients of weights without Winograd's transform:
	// they are 0, not nearly so, where nothing arrives.
	DirectSums bool
	team       parallel.Team
	workers    []*scratch
	descending bool // the last loop: the next one begins with what is still in the caches
	batch      map[slot][]float32
}

// NewWorkspace returns an empty workspace, which grows as it is used.
func NewWorkspace(k *kernel.Kernels, s Statistics) *Workspace {
	return &Workspace{Kernels: k, Statistics: s, batch: map[slot][]float32{}}
}

// slot names a buffer of a given size; use tells apart buffers that are needed
// at the same time.
type slot struct {
	use  int
	size int
}

type borderedSlot struct {
	use, rows, cols, channels, border int
	value                             float32
}

// scratch is the memory of one worker.
type scratch struct {
	dense    map[slot][]float32
	bordered map[borderedSlot]*kernel.Bordered
	winograd kernel.WinogradWork
	blocks   [][]float32
	terms    []kernel.Term
	sums     [][]float32
	started  []bool
	direct   bool // the workspace's DirectSums
}

// Uses of a worker's dense buffers.
const (
	useGrad = iota
	useLinearGrad
	usePool
	useInput
	usePooled
	useNormGrad
	useTransformed
	useZeros
	useSum
	useReduced
	useValue
	useBetween
	usePoolGrad
	useShift
	useSums
	useNode // + node

	usePacked = useNode + 1<<10 // + 4*node and what is packed
)

func (s *scratch) densely(use, size int) []float32 {
	key := slot{use, size}
	buf, ok := s.dense[key]
	if !ok {
		buf = make([]float32, size)
		s.dense[key] = buf
	}
	return buf
}

// zeros returns n zeros, not to be written.
func (s *scratch) zeros(n int) []float32 { return s.densely(useZeros, n) }

// border returns an image with a border of one zero pixel on each side.
func (s *scratch) border(use, rows, cols, channels int) *kernel.Bordered {
	return s.framed(borderedSlot{use, rows, cols, channels, 1, 0})
}

// frame returns a square image with a border of any width and value.
func (s *scratch) frame(use, side, channels, border int, value float32) *kernel.Bordered {
	return s.framed(borderedSlot{use, side, side, channels, border, value})
}

func (s *scratch) framed(key borderedSlot) *kernel.Bordered {
	buf, ok := s.bordered[key]
	if !ok {
		buf = kernel.NewFramed(key.rows, key.cols, key.channels, key.border, key.value)
		s.bordered[key] = buf
	}
	return buf
}

// floats returns a buffer of a block's own.
func (w *Workspace) floats(n int) []float32 {
	if w.Memory == nil {
		return hugepage.Floats(n)
	}
	return w.Memory.take(n)
}

// shared returns a buffer that all workers and all blocks share. Networks that are
// computed one after another share it whatever its size.
func (w *Workspace) shared(use, size int) []float32 {
	key := slot{use, size}
	if w.Memory != nil {
		key.size = 0
	}
	if len(w.batch[key]) < size {
		w.batch[key] = hugepage.Floats(size)
	}
	return w.batch[key][:size]
}

// images calls f for every image of a batch, in parallel.
func (w *Workspace) images(n int, f func(s *scratch, image int)) {
	for len(w.workers) < parallel.Workers(n) {
		w.workers = append(w.workers, &scratch{dense: map[slot][]float32{}, bordered: map[borderedSlot]*kernel.Bordered{}})
	}
	for _, s := range w.workers {
		s.direct = w.DirectSums
	}
	w.descending = !w.descending
	descending := w.descending
	each := func(worker, i int) {
		if descending {
			i = n - 1 - i
		}
		f(w.workers[worker], i)
	}
	if !w.OneThread {
		w.team.For(n, each)
		return
	}
	for i := range n {
		each(0, i)
	}
}

// chunks calls f for all images of a batch, in parallel, for at most size of
// them at a time: count images from number from on.
func (w *Workspace) chunks(n, size int, f func(s *scratch, from, count int)) {
	w.images((n+size-1)/size, func(s *scratch, chunk int) {
		from := chunk * size
		f(s, from, min(size, n-from))
	})
}

// marks returns n marks, none of them set.
func (s *scratch) marks(n int) []bool {
	if len(s.started) < n {
		s.started = make([]bool, n)
	}
	clear(s.started)
	return s.started[:n]
}

// Memory holds the activations of networks that are computed one after another:
// what one has used is there for the next, whose blocks overwrite all they read.
// The zero value is ready for use.
type Memory struct {
	pieces [][]float32
	piece  int // that is being used up
	used   int // of it
}

const (
	pieceSize = 16 << 20 // numbers
	lineSize  = 16       // numbers in a line of the cache
)

// Reset gives back all that was taken: the networks that took it are not to be
// run any more.
func (m *Memory) Reset() { m.piece, m.used = 0, 0 }

// take returns n numbers of any value; without a memory, from the heap.
func (m *Memory) take(n int) []float32 {
	if m == nil {
		return make([]float32, n)
	}
	whole := (n + lineSize - 1) / lineSize * lineSize
	for ; m.piece < len(m.pieces); m.piece, m.used = m.piece+1, 0 {
		if piece := m.pieces[m.piece]; m.used+whole <= len(piece) {
			taken := piece[m.used:][:n:n]
			m.used += whole
			return taken
		}
	}
	m.pieces = append(m.pieces, hugepage.Floats(max(whole, pieceSize)))
	m.used = whole
	return m.pieces[m.piece][:n:n]
}

// zeros returns n zeros.
func (m *Memory) zeros(n int) []float32 {
	taken := m.take(n)
	if m != nil {
		clear(taken)
	}
	return taken
}

// weightSums adds up gradients of weights: a batch is divided into chunks of
// images, worked on in parallel, each of which has sums of its own; in the end
// these are added in order. Many chunks keep all processors at work to the end,
// few cost less where there are many weights.
type weightSums struct {
	work   *Workspace
	images int // of a chunk
	size   int // numbers of a chunk's sums
}

// newWeightSums divides a batch of side x side images: the smaller they are, the
// more weights there are, but with chunks of more than 16 images a usual batch
// keeps few processors at work.
func newWeightSums(w *Workspace, side, size int) weightSums {
	return weightSums{work: w, images: max(1, min(16, 256/side)), size: size}
}

// each calls f for all chunks of n images, in parallel, with count images from
// number from on and the sums to add to, which begin as zero. It returns the
// sums of the batch, valid until the next call.
func (g weightSums) each(n int, f func(s *scratch, sums []float32, from, count int)) []float32 {
	chunks := (n + g.images - 1) / g.images
	all := g.work.shared(useGrad, chunks*g.size)
	g.work.images(chunks, func(s *scratch, chunk int) {
		mine := all[chunk*g.size:][:g.size]
		clear(mine)
		from := chunk * g.images
		f(s, mine, from, min(g.images, n-from))
	})
	g.addUp(all, chunks)
	return all[:g.size]
}

// addUp adds the sums of all chunks into the first.
func (g weightSums) addUp(all []float32, chunks int) {
	const piece = 4096
	g.work.images((g.size+piece-1)/piece, func(_ *scratch, p int) {
		from, to := p*piece, min((p+1)*piece, g.size)
		total := all[from:to]
		for chunk := 1; chunk < chunks; chunk++ {
			for i, v := range all[chunk*g.size+from : chunk*g.size+to] {
				total[i] += v
			}
		}
	})
}
