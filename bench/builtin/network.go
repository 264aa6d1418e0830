package builtin

import (
	"sync"

	"cellnet/cell"
	"cellnet/data"
)

// Network is what a cell's network for a dataset costs by the formula, cells that
// the published records hold another network's cost of included; false for an
// index or a dataset that is not the benchmark's.
func Network(index int, d data.Dataset) (cell.Cost, bool) {
	if index < 0 || index >= cell.SpaceSize || d == data.Synthetic || d.Classes() == 0 {
		return cell.Cost{}, false
	}
	c := costs()
	return c.of[d][c.convolutions[index]], true
}

// convolutions counts a cell's convolutions by their kind, on which alone its
// cost depends.
type convolutions struct{ small, large uint8 }

type networkCosts struct {
	convolutions [cell.SpaceSize]convolutions
	of           map[data.Dataset]map[convolutions]cell.Cost
}

var costs = sync.OnceValue(func() *networkCosts {
	n := &networkCosts{of: map[data.Dataset]map[convolutions]cell.Cost{}}
	for _, d := range data.Datasets() {
		n.of[d] = map[convolutions]cell.Cost{}
	}
	for index, c := range cell.All() {
		var count convolutions
		for _, e := range c.Edges() {
			switch e.Op {
			case cell.NorConv1x1:
				count.small++
			case cell.NorConv3x3:
				count.large++
			}
		}
		n.convolutions[index] = count
		for _, d := range data.Datasets() {
			if _, ok := n.of[d][count]; !ok {
				n.of[d][count] = cell.Benchmark(c, d.Classes()).Cost(d.Side())
			}
		}
	}
	return n
})
