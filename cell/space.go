package cell

import (
	"fmt"
	"iter"
	"sync"

	"cellnet/internal/mt19937"
)

// SpaceSize is the number of cells in the benchmark: one of five operations on
// each of the six edges between four nodes.
const SpaceSize = 15625

const (
	spaceNodes = 4
	spaceEdges = 6
	spaceOps   = 5 // the first of the table of operations
)

// spaceOrder relates benchmark indexes to ranks: a rank is the six op numbers,
// in the order of the edges, read as digits of base five.
type spaceOrder struct {
	rank  [SpaceSize]uint16 // by index
	index [SpaceSize]uint16 // by rank
}

// order computes the benchmark's order once: all ranks as Python shuffles them
// after random.seed(88), as the published code does.
var order = sync.OnceValue(func() *spaceOrder {
	o := new(spaceOrder)
	for i := range o.rank {
		o.rank[i] = uint16(i)
	}
	mt19937.NewPython(88).Shuffle(SpaceSize, func(i, j int) { o.rank[i], o.rank[j] = o.rank[j], o.rank[i] })
	for i, r := range o.rank {
		o.index[r] = uint16(i)
	}
	return o
})

// FromIndex returns the cell of a benchmark index, 0 to SpaceSize-1.
func FromIndex(index int) (Cell, error) {
	if index < 0 || index >= SpaceSize {
		return Cell{}, fmt.Errorf("cell: index %d is not in the benchmark, want 0 to %d", index, SpaceSize-1)
	}
	return fromRank(order().rank[index]), nil
}

func fromRank(rank uint16) Cell {
	c := Cell{edges: make([]Edge, spaceEdges), ends: []int{0, 1, 3, 6}}
	for to := spaceNodes - 1; to > 0; to-- {
		for from := to - 1; from >= 0; from-- {
			c.edges[c.ends[to-1]+from] = Edge{Op(rank % spaceOps), from}
			rank /= spaceOps
		}
	}
	return c
}

// Index returns the benchmark index of c; false if c is not one of the
// benchmark's cells.
func (c Cell) Index() (int, bool) {
	if c.NumNodes() != spaceNodes || c.NumEdges() != spaceEdges {
		return 0, false
	}
	rank := 0
	for to := 1; to < spaceNodes; to++ {
		incoming := c.incoming(to)
		if len(incoming) != to {
			return 0, false
		}
		for from, e := range incoming {
			if e.From != from || e.Op >= spaceOps {
				return 0, false
			}
			rank = rank*spaceOps + int(e.Op)
		}
	}
	return int(order().index[rank]), true
}

// All yields the benchmark's cells in index order.
func All() iter.Seq2[int, Cell] {
	return func(yield func(int, Cell) bool) {
		for index, rank := range order().rank {
			if !yield(index, fromRank(rank)) {
				return
			}
		}
	}
}
