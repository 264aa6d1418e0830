package weightsharing

import (
	"math"

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

// random is random search with weight sharing: weights learn on cells that are
// drawn for every layer by itself, without nodes of zeros; distinct cells are
// compared. With oneCell all layers have the same one, any of all cells, and the
// cells that are compared are drawn alike.
type random struct {
	*topology
	layers  int // cells of the network
	oneCell bool
}

func (a random) step(base, arch data.Batch, _ float64) (h halves, err error) {
	if h.base, err = a.weightHalf(base, a.draw()); err != nil {
		return h, err
	}
	h.arch, err = a.measure(arch, a.draw())
	return h, err
}

func (a random) draw() models.Mixture {
	if a.oneCell {
		return fixed(a.draws.uniformCell(a.edges))
	}
	rows := make([][]cell.Op, a.layers)
	for i := range rows {
		rows[i] = a.draws.connectedCell(a.edges)
	}
	return models.Mixture{Ops: rows}
}

func (a random) candidates(n int) [][]cell.Op {
	if a.oneCell {
		drawn := make([][]cell.Op, n)
		for i := range drawn {
			drawn[i] = a.draws.uniformCell(a.edges)
		}
		return drawn
	}
	return a.draws.cells(a.edges, min(n, cellCount(len(a.edges), math.MaxInt)))
}

func (a random) validation([]cell.Op) models.Mixture { return a.draw() }
