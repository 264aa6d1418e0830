package walk

import (
	"cellnet/cell"
)

// equivalent names the networks that compute the same numbers from the same draws:
// edges that draw no weights, and carry zeros or lead to what nothing reads, are
// none.
func equivalent(n cell.Network) string {
	if len(n.Widths) > 0 && !uniform(n) {
		return n.Arch().String()
	}
	edges := n.Cell.Edges()
	zero := make([]bool, n.Cell.NumNodes())
	for node := 1; node < len(zero); node++ {
		zero[node] = true
		for _, e := range edges {
			if e.To == node && e.Op != cell.None && (e.Op.Learnable() || !zero[e.From]) {
				zero[node] = false
			}
		}
	}
	read := make([]bool, len(zero))
	read[len(read)-1] = true
	for node := len(read) - 1; node >= 0; node-- {
		for _, e := range edges {
			if e.From == node && (e.Op.Learnable() || e.Op != cell.None && read[e.To]) {
				read[node] = true
			}
		}
	}
	nodes := make([][]cell.Edge, len(zero)-1)
	for _, e := range edges {
		op := e.Op
		if !op.Learnable() && (zero[e.From] || !read[e.To]) {
			op = cell.None
		}
		nodes[e.To-1] = append(nodes[e.To-1], cell.Edge{From: e.From, Op: op})
	}
	c, err := cell.New(nodes...)
	if err != nil {
		return n.Arch().String()
	}
	return c.String() + n.Shape()
}

// uniform tells whether the cells of a network keep their width, so that none of
// the edges without an own convolution gets one.
func uniform(n cell.Network) bool {
	_, _, ok := n.Stages()
	return ok
}
