package weightsharing

import (
	"cellnet/models"
	"math"

	"cellnet/cell"
)

// hardSample is an operation for each edge, drawn by Gumbel-softmax: the one of the
// highest probability p = softmax((log_softmax(A) + noise) / tau).
type hardSample struct {
	probabilities table
	ops           []cell.Op
	tau           float64
}

// newHardSample is ok unless noise or a probability is not finite.
func newHardSample(alpha, noise table, tau float64) (s hardSample, ok bool) {
	s = hardSample{newTable(len(alpha), len(alpha[0])), make([]cell.Op, len(alpha)), tau}
	for e, row := range logSoftmaxRows(alpha) {
		for o, v := range row {
			if math.IsInf(noise[e][o], 0) {
				return s, false
			}
			row[o] = (v + noise[e][o]) / tau
		}
		p := softmax(row)
		for _, v := range p {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return s, false
			}
		}
		s.probabilities[e], s.ops[e] = p, cell.Op(argmax(p))
	}
	return s, true
}

// drawHardSample draws noise until it gives a sample.
func drawHardSample(d draws, alpha table, tau float64) hardSample {
	for {
		if s, ok := newHardSample(alpha, d.gumbels(len(alpha), len(alpha[0])), tau); ok {
			return s
		}
	}
}

// mixture runs the drawn operations with a factor of one: the straight-through
// estimator's onehot - stop(p) + p.
func (s hardSample) mixture() models.Mixture { return models.Mixture{Ops: [][]cell.Op{s.ops}} }

// backward is the derivative by A. Those by the factors of what was not drawn are
// the sums of the node's; others is false for none.
func (s hardSample) backward(pass models.Pass, others bool) table {
	d := make(table, len(s.ops))
	for e, op := range s.ops {
		q := make([]float64, len(s.probabilities[e]))
		for o := range q {
			switch {
			case o == int(op):
				q[o] = pass.Factors[e][o]
			case others:
				q[o] = pass.Sums[e]
			}
		}
		d[e] = softmaxBackward(s.probabilities[e], q)
		for o := range d[e] {
			d[e][o] /= s.tau
		}
	}
	return d
}
