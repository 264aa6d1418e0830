package bench

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cellnet/cell"
)

// NamedEdge is an edge of an arch string whose operation need not be one of the
// benchmark's.
type NamedEdge struct {
	Op   string
	From int
}

// SplitArch takes an arch string apart, a slice of edges for each of the nodes
// 1, 2 and so on, as the published APIs' str2lists does: it checks the form
// only. To read a cell use cell.Parse.
func SplitArch(arch string) ([][]NamedEdge, error) {
	var nodes [][]NamedEdge
	for _, node := range strings.Split(arch, "+") {
		edges := []NamedEdge{}
		for _, edge := range strings.Split(node, "|") {
			if edge == "" {
				continue
			}
			op, from, ok := strings.Cut(edge, "~")
			if !ok || strings.Contains(from, "~") {
				return nil, fmt.Errorf("edge %.60q of an arch string: want op~node", edge)
			}
			n, err := strconv.Atoi(from)
			if err != nil {
				return nil, fmt.Errorf("edge %.60q of an arch string: the node is no number", edge)
			}
			edges = append(edges, NamedEdge{op, n})
		}
		nodes = append(nodes, edges)
	}
	return nodes, nil
}

// MatrixOf gives the matrix form of an arch string as the published APIs'
// str2matrix does: entry [j][i] is the place among ops of the operation on the
// edge from node i to node j. Without ops the benchmark's five count.
func MatrixOf(arch string, ops ...string) ([][]int, error) {
	if len(ops) == 0 {
		for _, op := range cell.Ops() {
			ops = append(ops, op.String())
		}
	}
	nodes, err := SplitArch(arch)
	if err != nil {
		return nil, err
	}
	if len(nodes) >= maxNodes {
		return nil, fmt.Errorf("an arch string of %d nodes, want fewer than %d", len(nodes), maxNodes)
	}
	matrix := make([][]int, len(nodes)+1)
	for j := range matrix {
		matrix[j] = make([]int, len(matrix))
	}
	for j, edges := range nodes {
		for _, e := range edges {
			op := slices.Index(ops, e.Op)
			if op < 0 {
				return nil, fmt.Errorf("operation %.40q is not one of %v", e.Op, ops)
			}
			if e.From < 0 || e.From >= len(matrix) {
				return nil, fmt.Errorf("edge %s~%d leads from a node that is not there", e.Op, e.From)
			}
			matrix[j+1][e.From] = op
		}
	}
	return matrix, nil
}

// maxNodes bounds the nodes of a matrix.
const maxNodes = 1000
