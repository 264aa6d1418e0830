package block

import (
	"cellnet/cell"
	"cellnet/internal/kernel"
)

// edge is one edge of a cell that is no `none`.
type edge struct {
	op       cell.Op
	from, to int
	conv     int // number among the cell's convolutions, or -1
}

func (e edge) taps() int {
	if e.op == cell.NorConv3x3 {
		return 9
	}
	return 1
}

// plan says what a cell computes: its edges without the zeros, numbered as the
// parameters are.
type plan struct {
	nodes int
	edges []edge
	convs int
}

func newPlan(c cell.Cell) plan {
	p := plan{nodes: c.NumNodes()}
	for node := 1; node < p.nodes; node++ {
		for _, e := range c.Incoming(node) {
			next := edge{op: e.Op, from: e.From, to: node, conv: -1}
			switch e.Op {
			case cell.None:
				continue
			case cell.NorConv1x1, cell.NorConv3x3:
				next.conv = p.convs
				p.convs++
			}
			p.edges = append(p.edges, next)
		}
	}
	return p
}

// into lists the edges that end at a node.
func (p plan) into(node int) []edge {
	return p.filter(func(e edge) bool { return e.to == node })
}

func (p plan) filter(keep func(edge) bool) []edge {
	var kept []edge
	for _, e := range p.edges {
		if keep(e) {
			kept = append(kept, e)
		}
	}
	return kept
}

// reaching marks the nodes whose value the last node depends on.
func (p plan) reaching() []bool {
	reaches := make([]bool, p.nodes)
	reaches[p.nodes-1] = true
	for node := p.nodes - 1; node > 0; node-- {
		if !reaches[node] {
			continue
		}
		for _, e := range p.into(node) {
			reaches[e.from] = true
		}
	}
	return reaches
}

// computed marks the nodes whose value training needs: those that the output
// depends on, and those that a convolution reads, whose batch norm sees the
// batch whether its result is used or not.
func (p plan) computed() []bool {
	needed := p.reaching()
	for _, e := range p.edges {
		if e.conv >= 0 {
			needed[e.from] = true
		}
	}
	for node := p.nodes - 1; node > 0; node-- {
		if !needed[node] {
			continue
		}
		for _, e := range p.into(node) {
			needed[e.from] = true
		}
	}
	return needed
}

// group is the convolutions of one kernel size that leave one node.
type group struct {
	edges []edge
	*convs
}

// groupBySize divides the convolutions among edges by kernel size.
func groupBySize(edges []edge, side, channels int) []group {
	var groups []group
	for _, taps := range []int{9, 1} {
		var same []edge
		for _, e := range edges {
			if e.conv >= 0 && e.taps() == taps {
				same = append(same, e)
			}
		}
		if len(same) > 0 {
			groups = append(groups, group{same, newConvs(side, side, channels, channels, taps, len(same))})
		}
	}
	return groups
}

// images returns image i of a dense batch.
func imageOf(batch []float32, i, pixels, channels int) []float32 {
	size := pixels * kernel.Pad(channels)
	return batch[i*size:][:size]
}
