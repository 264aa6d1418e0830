package weightsharing

import (
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
