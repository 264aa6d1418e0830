package weightsharing

import (
	"cellnet/cell"
	"cellnet/data"
	"cellnet/models"
)

// setn is SETN: weights learn on uniformly drawn cells, the architecture on the
// mixture of all operations; the most probable cells are compared.
type setn struct{ *topology }

func (a setn) step(base, arch data.Batch, _ float64) (h halves, err error) {
	if h.base, err = a.weightHalf(base, fixed(a.draws.uniformCell(a.edges))); err != nil {
		return h, err
	}
	j := a.joint()
	h.arch, err = a.archHalf(arch, j.mixture(), j.backward)
	return h, err
}

func (a setn) candidates(n int) (cells [][]cell.Op) {
	for _, p := range mostProbable(a.alpha(), n) {
		cells = append(cells, p.ops)
	}
	return cells
}

func (a setn) validation(chosen []cell.Op) models.Mixture { return fixed(chosen) }
