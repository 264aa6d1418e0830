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

// shared returns a buffer that all workers and all blocks share.
func (w *Workspace) shared(use, size int) []float32 {
	key := slot{use, size}
	buf, ok := w.batch[key]
	if !ok {
		buf = hugepage.Floats(size)
		w.batch[key] = buf
	}
	return buf
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
