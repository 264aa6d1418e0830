package models

import (
	"cellnet/cell"

	"gorgonia.org/gorgonia"
)

// dependents lists the nodes of the learnable tensors that the loss depends on,
// in PyTorch's order. The others have no gradient in PyTorch, whose optimizers
// leave them as they are, while a gradient of zeros makes them decay: that of
// edges before a `none` that keeps the width, which multiplies by zero.
func (n *Network) dependents() gorgonia.Nodes {
	without := n.params.network.WithoutGradient()
	if n.options.Norm == NormOff {
		for _, t := range n.params.list {
			if t.Kind == cell.NormWeight || t.Kind == cell.NormBias {
				without[t.Name] = true
			}
		}
	}
	var list gorgonia.Nodes
	for _, node := range n.learnables {
		if !without[node.Name()] {
			list = append(list, node)
		}
	}
	return list
}
