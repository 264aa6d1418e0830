package weightsharing

import (
	"cellnet/models"
	"math"

	"cellnet/cell"
	"cellnet/data"
)

// random is random search with weight sharing: weights learn on cells that are
// drawn for every layer by itself, without nodes of zeros; distinct cells are
// compared.
type random struct {
	*topology
	layers int // cells of the network
}

func (a random) step(base, arch data.Batch, _ float64) (h halves, err error) {
	if h.base, err = a.weightHalf(base, a.draw()); err != nil {
		return h, err
	}
	h.arch, err = a.measure(arch, a.draw())
	return h, err
}

func (a random) draw() models.Mixture {
	rows := make([][]cell.Op, a.layers)
	for i := range rows {
		rows[i] = a.draws.connectedCell(a.edges)
	}
	return models.Mixture{Ops: rows}
}

func (a random) candidates(n int) [][]cell.Op {
	return a.draws.cells(a.edges, min(n, cellCount(len(a.edges), math.MaxInt)))
}

func (a random) validation([]cell.Op) models.Mixture { return a.draw() }
