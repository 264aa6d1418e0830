package weightsharing

// sizeLayers are the stem, three cells and two reductions of a supernet of widths.
const sizeLayers = 6

// rowOf is the row of the architecture's parameters that a layer is narrowed by: the
// stem and the first cell share one.
func rowOf(layer int) int { return max(0, layer-1) }

// masked lets the channels of one width through.
func masked(width, channels int) Narrowing {
	n := Narrowing{Factors: make([]float32, channels)}
	for c := range width {
		n.Factors[c] = 1
	}
	return n
}

// softMask weighs the masks of all widths.
type softMask struct {
	widths  []int
	weights []float64
	tau     float64
}

// newSoftMask is ok if all weights are finite.
func newSoftMask(widths []int, alpha, noise []float64, tau float64) softMask {
	logits := make([]float64, len(alpha))
	for k, v := range alpha {
		logits[k] = (v + noise[k]) / tau
	}
	return softMask{widths, softmax(logits), tau}
}

func (s softMask) narrowing() Narrowing {
	factors := make([]float64, s.widths[len(s.widths)-1])
	for k, w := range s.widths {
		for c := range w {
			factors[c] += s.weights[k]
		}
	}
	n := Narrowing{Factors: make([]float32, len(factors))}
	for c, v := range factors {
		n.Factors[c] = float32(v)
	}
	return n
}

// backward is the derivative by the row of A, of that by the factors.
func (s softMask) backward(factors []float64) []float64 {
	q := make([]float64, len(s.weights))
	for k, w := range s.widths {
		for _, v := range factors[:w] {
			q[k] += v
		}
	}
	d := softmaxBackward(s.weights, q)
	for k := range d {
		d[k] /= s.tau
	}
	return d
}

// interpolation mixes two widths, the narrower one stretched to the wider one's.
type interpolation struct {
	channels int
	chosen   [2]int // of the widths
	widths   [2]int
	shares   []float64
	choices  int
	tau      float64
}

// newInterpolation draws two widths without replacement, by exponential numbers.
func newInterpolation(widths []int, alpha, noise, exponentials []float64, tau float64) interpolation {
	logits := logSoftmax(alpha)
	for k := range logits {
		logits[k] = (logits[k] + noise[k]) / tau
	}
	p := softmax(logits)
	for k := range p {
		p[k] += 1e-7
	}
	first, second := pickTwo(p, exponentials)
	return interpolation{
		channels: widths[len(widths)-1], chosen: [2]int{first, second}, widths: [2]int{widths[first], widths[second]},
		shares: softmax([]float64{logits[first], logits[second]}), choices: len(widths), tau: tau,
	}
}

// stretched gives the channels, from the first to before the last, of n whose mean
// is channel j of c.
func stretched(j, n, c int) (from, to int) { return j * n / c, ((j+1)*n + c - 1) / c }

// each visits the numbers of the matrix that stretches the i-th width.
func (s interpolation) each(i int, visit func(at int, v float64)) {
	wide := max(s.widths[0], s.widths[1])
	for j := range wide {
		from, to := stretched(j, s.widths[i], wide)
		for c := from; c < to; c++ {
			visit(j*s.channels+c, 1/float64(to-from))
		}
	}
}

func (s interpolation) narrowing() Narrowing {
	sum := make([]float64, s.channels*s.channels)
	for i, share := range s.shares {
		s.each(i, func(at int, v float64) { sum[at] += share * v })
	}
	n := Narrowing{Matrix: make([]float32, len(sum))}
	for i, v := range sum {
		n.Matrix[i] = float32(v)
	}
	return n
}

// backward is the derivative by the row of A, of that by the matrix.
func (s interpolation) backward(matrix []float64) []float64 {
	q := make([]float64, len(s.shares))
	for i := range q {
		s.each(i, func(at int, v float64) { q[i] += v * matrix[at] })
	}
	d := make([]float64, s.choices)
	// log_softmax takes away what all choices have in common, and of the two shares
	// one gains what the other loses.
	for i, v := range softmaxBackward(s.shares, q) {
		d[s.chosen[i]] = v / s.tau
	}
	return d
}
