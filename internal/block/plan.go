package block

import (
	"fmt"
	"slices"

	"cellnet/cell"
	"cellnet/internal/kernel"
)

// edge is one edge of a cell that is no `none`.
type edge struct {
	layer    int // number among the cell's edges
	from, to int
	kind     cell.OpKind // where the width changes, all edges are convolutions
	conv     int         // number among the cell's convolutions, or -1
	taps     int         // of the convolution
	linear   bool        // the convolution reads its source as it is, not the positive part
	pooled   bool        // what the convolution's norm gives is pooled
}

// Widths are the channels of a cell's input and of its other nodes. Where they
// differ, skip connections from the input are 1x1 convolutions of it with a norm,
// pools from it follow a 1x1 convolution of its positive part with a norm.
type Widths struct{ In, Out int }

// of is the number of channels of a node.
func (w Widths) of(node int) int {
	if node == 0 {
		return w.In
	}
	return w.Out
}

// padded is the number of channels of a node in memory.
func (w Widths) padded(node int) int { return kernel.Pad(w.of(node)) }

// plan says what a cell computes: its edges without the zeros, numbered as the
// parameters are.
type plan struct {
	Widths
	nodes int
	edges []edge
	convs int
}

// newPlan lists the edges and, unless every node's value is wanted, simplifies
// them; see [plan.simplify]. It fails if there is no way to compute an operation.
func newPlan(c cell.Cell, w Widths, simplify bool) (plan, error) {
	p := plan{Widths: w, nodes: c.NumNodes()}
	for i, e := range c.Edges() {
		if err := p.add(i, e); err != nil {
			return plan{}, err
		}
	}
	if simplify {
		p.simplify()
	}
	return p, nil
}

// add appends an edge that isn't none.
func (p *plan) add(layer int, e cell.Link) error {
	next := edge{layer: layer, from: e.From, to: e.To, kind: e.Op.Kind(), conv: -1}
	widens := e.From == 0 && p.In != p.Out
	switch e.Op {
	case cell.None:
		return nil
	case cell.SkipConnect:
		if widens {
			next.kind, next.taps, next.linear = cell.Convolution, 1, true
		}
	case cell.AvgPool3x3:
		if widens {
			next.kind, next.taps, next.pooled = cell.Convolution, 1, true
		}
	case cell.NorConv1x1, cell.NorConv3x3:
		next.taps = e.Op.Taps()
	default:
		return fmt.Errorf("no way to compute the operation %v", e.Op)
	}
	if next.kind == cell.Convolution {
		next.conv = p.convs
		p.convs++
	}
	p.edges = append(p.edges, next)
	return nil
}

// simplify takes nodes out of the way that are only passed through: a node
// whose value is that of another (one edge, a skip connection, leads to it) and
// one whose value is added to a single other (the only edge that leaves it is a
// skip connection). Their edges then start or end at the other node.
func (p *plan) simplify() {
	for changed := true; changed; {
		changed = false
		for node := 1; node < p.nodes-1; node++ {
			into, out := p.into(node), p.outOf(node)
			switch {
			case len(out) == 0:
				continue
			case len(into) == 1 && into[0].kind == cell.Identity:
				p.drop(into[0])
				p.move(func(e *edge) {
					if e.from == node {
						e.from = into[0].from
					}
				})
			case len(out) == 1 && out[0].kind == cell.Identity:
				p.drop(out[0])
				p.move(func(e *edge) {
					if e.to == node {
						e.to = out[0].to
					}
				})
			default:
				continue
			}
			changed = true
		}
	}
}

func (p *plan) drop(gone edge) {
	at := slices.Index(p.edges, gone)
	p.edges = slices.Delete(p.edges, at, at+1)
}

func (p *plan) move(f func(e *edge)) {
	for i := range p.edges {
		f(&p.edges[i])
	}
}

// factors are what the operations of a cell are multiplied by, by the number of
// their layer; nil for ones.
type factors []float32

func (f factors) of(e edge) float32 {
	if f == nil {
		return 1
	}
	return f[e.layer]
}

// source is a node that others read, some of them several times.
type source struct {
	node  int
	times []float32 // that often, for each channel; nil for once
}

// sources lists the nodes at the other end of edges of a kind, each once.
func (f factors) sources(edges []edge, kind cell.OpKind, other func(edge) int, channels int) []source {
	var list []source
	for _, e := range edges {
		if e.kind != kind {
			continue
		}
		at := slices.IndexFunc(list, func(s source) bool { return s.node == other(e) })
		if at < 0 {
			next := source{node: other(e)}
			if f != nil {
				next.times = slices.Repeat([]float32{f.of(e)}, channels)
			}
			list = append(list, next)
			continue
		}
		if list[at].times == nil {
			list[at].times = slices.Repeat([]float32{1}, channels)
		}
		for c := range list[at].times {
			list[at].times[c] += f.of(e)
		}
	}
	return list
}

func from(e edge) int { return e.from }

func to(e edge) int { return e.to }

// into lists the edges that end at a node.
func (p plan) into(node int) []edge {
	return p.filter(func(e edge) bool { return e.to == node })
}

// outOf lists the edges that begin at a node.
func (p plan) outOf(node int) []edge {
	return p.filter(func(e edge) bool { return e.from == node })
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

// group is the convolutions of one kernel size that leave one node and read the
// same of it.
type group struct {
	edges  []edge
	linear bool // what they read: the node's value, not its positive part
	*convs
}

// groups divides the convolutions among edges that leave a node by what they
// have in common.
func (p plan) groups(node, side int, edges []edge) []group {
	var groups []group
	for _, like := range []edge{{taps: 9}, {taps: 1}, {taps: 1, linear: true}} {
		var same []edge
		for _, e := range edges {
			if e.conv >= 0 && e.taps == like.taps && e.linear == like.linear {
				same = append(same, e)
			}
		}
		if len(same) > 0 {
			groups = append(groups, group{same, like.linear, newConvs(side, p.of(node), p.Out, like.taps, len(same))})
		}
	}
	return groups
}

// wantsPositive tells whether a group needs its input's positive part made: 3x3
// convolutions take it on the way.
func (g group) wantsPositive() bool { return g.taps == 1 && !g.linear }

// imageOf returns image i of a dense batch.
func imageOf(batch []float32, i, pixels, channels int) []float32 {
	size := pixels * kernel.Pad(channels)
	return batch[i*size:][:size]
}
