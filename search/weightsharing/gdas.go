package weightsharing

import (
	"math"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/models"
)

// gdas is GDAS: every pass draws an operation for each edge by Gumbel-softmax.
// The published code also hands the sum of the node's gradient to the factors of
// what was not drawn; gdas_v1 is without.
type gdas struct {
	*topology
	others bool
}

func (a gdas) step(base, arch data.Batch, _ float64) (h halves, err error) {
	if h.base, err = a.weightHalf(base, a.draw().mixture()); err != nil {
		return h, err
	}
	s := a.draw()
	h.arch, err = a.archHalf(arch, s.mixture(), func(pass models.Pass) table { return s.backward(pass, a.others) })
	return h, err
}

func (a gdas) draw() hardSample { return drawHardSample(a.draws, a.alpha(), a.tau) }

func (a gdas) candidates(int) [][]cell.Op { return [][]cell.Op{a.likeliest()} }

func (a gdas) validation([]cell.Op) models.Mixture { return a.draw().mixture() }

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
