package cell

import "fmt"

// Matrix returns the published matrix form, n x n for n nodes: entry [j][i] is
// the number of the operation on the edge from node i to node j, and 0 (none)
// where there is no edge. Of several edges between the same two nodes the last
// one counts.
func (c Cell) Matrix() [][]int {
	matrix := make([][]int, c.NumNodes())
	for j := range matrix {
		matrix[j] = make([]int, len(matrix))
	}
	for _, e := range c.Edges() {
		matrix[e.To][e.From] = int(e.Op)
	}
	return matrix
}

// FromMatrix returns the cell of a matrix as [Cell.Matrix] gives it, with one
// edge between any two nodes. It fails unless the matrix is square, has two rows
// or more, zeros on and above the diagonal, and numbers of [Ops] below.
func FromMatrix(matrix [][]int) (Cell, error) {
	nodes := make([][]Edge, 0, len(matrix))
	for j, row := range matrix {
		if len(row) != len(matrix) {
			return Cell{}, fmt.Errorf("cell: row %d of the matrix has %d entries, want %d", j, len(row), len(matrix))
		}
		var edges []Edge
		for i, op := range row {
			switch {
			case i >= j && op != 0:
				return Cell{}, fmt.Errorf("cell: matrix entry [%d][%d] is %d, want 0: an edge leads from an earlier node", j, i, op)
			case op < 0 || op >= spaceOps:
				return Cell{}, fmt.Errorf("cell: matrix entry [%d][%d] is %d, want 0 to %d", j, i, op, spaceOps-1)
			case i < j:
				edges = append(edges, Edge{Op(op), i})
			}
		}
		if j > 0 {
			nodes = append(nodes, edges)
		}
	}
	return New(nodes...)
}
