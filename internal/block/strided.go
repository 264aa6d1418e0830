package block

import "cellnet/internal/kernel"

// strided is a 3x3 convolution of stride 2 and padding 1, from an image of
// twice the rows and columns.
type strided struct {
	rows, cols int // of the output
	in, out    int
	inPad      int
	outPad     int
	forward    kernel.Conv
	backward   [4]parity
	weights    []float32
	transposed [4][]float32
	memory     *Memory // of the weights
}

// parity is the part of the input gradient for the pixels of one parity of row
// and column: a convolution of stride 1 with the taps that meet them.
type parity struct {
	kernel.Conv
	taps   []int // of the 3x3 kernel
	offset int   // of the first pixel in the input
}

func newStrided(m *Memory, rows, cols, in, out int) *strided {
	s := &strided{memory: m, rows: rows, cols: cols, in: in, out: out, inPad: kernel.Pad(in), outPad: kernel.Pad(out)}
	width := 2*cols + 2
	s.forward = kernel.Conv{
		Rows: rows, Cols: cols, In: in,
		InPixel: 2 * s.inPad, InRow: 2 * width * s.inPad, Taps: borderTaps(2*cols, s.inPad),
		OutPixel: s.outPad, OutRow: cols * s.outPad,
	}
	for p := range s.backward {
		row, col := p/2, p%2
		q := parity{offset: (row*2*cols + col) * s.inPad}
		for y := range 3 {
			for x := range 3 {
				// Input pixel 2r+row meets tap y of output row r+(row+1-y)/2.
				if (row+1-y)%2 != 0 || (col+1-x)%2 != 0 {
					continue
				}
				down, right := (row+1-y)/2, (col+1-x)/2
				q.taps = append(q.taps, y*3+x)
				q.Taps = append(q.Taps, ((down+1)*(cols+2)+right+1)*s.outPad)
			}
		}
		q.Rows, q.Cols, q.In = rows, cols, out
		q.InPixel, q.InRow = s.outPad, (cols+2)*s.outPad
		q.OutPixel, q.OutRow = 2*s.inPad, 2*2*cols*s.inPad
		s.backward[p] = q
	}
	return s
}

func (s *strided) pack(w, scale []float32) {
	if s.weights == nil {
		s.weights = s.memory.zeros(9 * s.in * s.outPad)
	}
	kernel.PackWeights(s.weights, w, s.out, s.in, 9, s.outPad, 0, scale)
}

func (s *strided) packTransposed(w []float32) {
	for p, q := range s.backward {
		if s.transposed[p] == nil {
			s.transposed[p] = s.memory.zeros(len(q.taps) * s.out * s.inPad)
		}
		for j, t := range q.taps {
			for o := range s.out {
				row := s.transposed[p][(j*s.out+o)*s.inPad:]
				for i := range s.in {
					row[i] = w[(o*s.in+i)*9+t]
				}
			}
		}
	}
}

func (s *strided) run(k *kernel.Kernels, work *scratch, dst []float32, in *kernel.Bordered) {
	work.blocks = blocks(work.blocks[:0], dst, s.outPad)
	k.Conv(&s.forward, work.blocks, in.Whole().Data, s.weights, false)
}

func (s *strided) inputGrad(k *kernel.Kernels, work *scratch, dst []float32, dz *kernel.Bordered) {
	for p := range s.backward {
		q := &s.backward[p]
		work.blocks = blocks(work.blocks[:0], dst[q.offset:], s.inPad)
		k.Conv(&q.Conv, work.blocks, dz.Whole().Data, s.transposed[p], false)
	}
}

func (s *strided) gradSize() int { return 9 * s.in * s.outPad }

func (s *strided) weightGrad(k *kernel.Kernels, sums []float32, in, dz *kernel.Bordered) {
	k.WeightGrad(&s.forward, sums, in.Whole().Data, dz.Inside(), s.outPad)
}

func (s *strided) collect(dst, sums []float32) {
	kernel.UnpackWeights(dst, sums, s.out, s.in, 9, s.outPad, 0)
}

// borderTaps lists the offsets of a 3x3 kernel in a bordered image.
func borderTaps(cols, channels int) []int {
	offsets := make([]int, 0, 9)
	for y := range 3 {
		for x := range 3 {
			offsets = append(offsets, (y*(cols+2)+x)*channels)
		}
	}
	return offsets
}
