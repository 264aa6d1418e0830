package models

import (
	"slices"
	"strconv"

	"cellnet/cell"

	"gorgonia.org/gorgonia"
)

// dependents lists the nodes of the learnable tensors that the loss depends on,
// in PyTorch's order. The others have no gradient in PyTorch, whose optimizers
// leave them as they are, while a gradient of zeros makes them decay: that of
// edges before a `none` that keeps the width, which multiplies by zero.
func (n *Network) dependents() gorgonia.Nodes {
	blocks := slices.Collect(n.params.network.Blocks())
	unused := map[string]bool{} // blocks, and edges as cells.3.layers.1
	used := true
	for _, b := range slices.Backward(blocks) {
		switch {
		case !used:
			unused[b.Name] = true
		case b.Kind == cell.CellBlock:
			nodes := usedNodes(n.params.network.Cell, b)
			for i, e := range n.params.network.Cell.Edges() {
				if !nodes[e.To] {
					unused[b.Name+".layers."+strconv.Itoa(i)] = true
				}
			}
			used = nodes[0]
		}
	}
	var list gorgonia.Nodes
	for _, node := range n.learnables {
		if !isUnused(node.Name(), unused) && (n.options.Norm != NormOff || !isNorm(n.params, node.Name())) {
			list = append(list, node)
		}
	}
	return list
}

// isUnused tells whether a tensor belongs to one of the unused blocks or edges.
func isUnused(tensor string, unused map[string]bool) bool {
	for i, c := range tensor {
		if c == '.' && unused[tensor[:i]] {
			return true
		}
	}
	return false
}

func isNorm(p *Parameters, name string) bool {
	return slices.ContainsFunc(p.tensors, func(t cell.Tensor) bool {
		return t.Name == name && (t.Kind == cell.NormWeight || t.Kind == cell.NormBias)
	})
}

// usedNodes marks the nodes of a cell that its result depends on.
func usedNodes(c cell.Cell, b cell.Block) []bool {
	used := make([]bool, c.NumNodes())
	used[len(used)-1] = true
	var edges []cell.Link
	for _, e := range c.Edges() {
		edges = append(edges, e)
	}
	for _, e := range slices.Backward(edges) {
		cuts := e.Op.Kind() == cell.Zeros && e.From == 0 && b.In != b.Out
		if used[e.To] && !cuts {
			used[e.From] = true
		}
	}
	return used
}
