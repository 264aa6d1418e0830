package weightsharing

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"cellnet/cell"
)

// Edge is an edge of a cell that has one between any two of its nodes.
type Edge struct{ To, From int }

// Edges returns the edges of a cell of so many nodes in the order of the rows of
// architecture parameters: by their published names, such as "3<-1", as strings.
func Edges(nodes int) []Edge {
	var edges []Edge
	for to := 1; to < nodes; to++ {
		for from := range to {
			edges = append(edges, Edge{to, from})
		}
	}
	slices.SortFunc(edges, func(a, b Edge) int { return cmp.Compare(a.String(), b.String()) })
	return edges
}

// String gives the published name, such as "3<-1".
func (e Edge) String() string { return strconv.Itoa(e.To) + "<-" + strconv.Itoa(e.From) }

// byNode gives the rows of edges node by node, the order of random draws.
func byNode(edges []Edge) []int {
	rows := make([]int, len(edges))
	for i := range rows {
		rows[i] = i
	}
	slices.SortFunc(rows, func(a, b int) int {
		return cmp.Or(cmp.Compare(edges[a].To, edges[b].To), cmp.Compare(edges[a].From, edges[b].From))
	})
	return rows
}

// CellOf returns the cell of an operation for each of the edges.
func CellOf(edges []Edge, ops []cell.Op) (cell.Cell, error) {
	if len(ops) != len(edges) {
		return cell.Cell{}, fmt.Errorf("%d operations for %d edges", len(ops), len(edges))
	}
	var nodes [][]cell.Edge
	for _, row := range byNode(edges) {
		e := edges[row]
		if e.To > len(nodes) {
			nodes = append(nodes, nil)
		}
		nodes[e.To-1] = append(nodes[e.To-1], cell.Edge{Op: ops[row], From: e.From})
	}
	return cell.New(nodes...)
}
