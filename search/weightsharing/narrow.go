package weightsharing

import (
	"cellnet/cell/supernet"
	"cellnet/models"
)

// sizeWidths is how many widths a network of the size space has.
const sizeWidths = 5

// sizeOf is the supernet of a run.
func sizeOf(r Run, classes int) supernet.Size {
	return supernet.Size{Candidates: r.Widths, Widths: sizeWidths, Classes: classes, Affine: r.Affine, Track: r.Track}
}

// masked lets the channels of one width through.
func masked(width, channels int) models.Narrowing {
	n := models.Narrowing{Channels: make([]float32, channels)}
	for c := range width {
		n.Channels[c] = 1
	}
	return n
}

// softMask weighs the masks of all widths.
type softMask struct {
	widths  []int
	weights []float64
	tau     float64
}

func newSoftMask(widths []int, alpha, noise []float64, tau float64) softMask {
	logits := make([]float64, len(alpha))
	for k, v := range alpha {
		logits[k] = (v + noise[k]) / tau
	}
	return softMask{widths, softmax(logits), tau}
}

func (s softMask) narrowing() models.Narrowing {
	factors := make([]float64, s.widths[len(s.widths)-1])
	for k, w := range s.widths {
		for c := range w {
			factors[c] += s.weights[k]
		}
	}
	n := models.Narrowing{Channels: make([]float32, len(factors))}
	for c, v := range factors {
		n.Channels[c] = float32(v)
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
	chosen  [2]int // of the widths
	widths  [2]int
	shares  []float64
	choices int
	tau     float64
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
		chosen: [2]int{first, second}, widths: [2]int{widths[first], widths[second]},
		shares: softmax([]float64{logits[first], logits[second]}), choices: len(widths), tau: tau,
	}
}

func (s interpolation) narrowing() models.Narrowing {
	n := models.Narrowing{To: max(s.widths[0], s.widths[1])}
	for i, share := range s.shares {
		n.Stretches = append(n.Stretches, models.Stretch{From: s.widths[i], Factor: float32(share)})
	}
	return n
}

// backward is the derivative by the row of A, of that by the shares.
func (s interpolation) backward(shares []float64) []float64 {
	d := make([]float64, s.choices)
	// log_softmax takes away what all choices have in common, and of the two shares
	// one gains what the other loses.
	for i, v := range softmaxBackward(s.shares, shares) {
		d[s.chosen[i]] = v / s.tau
	}
	return d
}
