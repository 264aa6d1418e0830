package twocell

import (
	"strings"

	"cellnet/cell"
)

// Cost counts the cost of the network for images of side x side pixels. The
// auxiliary head is left out.
func (n Network) Cost(side int) cell.Cost {
	var c cell.Cost
	for _, l := range n.Layers(side) {
		if l.Name != AuxiliaryHead {
			c.FLOPs += l.FLOPs
			c.Params += float64(l.Params)
		}
	}
	return cell.Cost{FLOPs: c.FLOPs / 1e6, Params: c.Params / 1e6}
}

// Layers lists the blocks of the network in order, for images of side x side
// pixels.
func (n Network) Layers(side int) []cell.Layer {
	layers := []cell.Layer{{Name: StemName, Block: "conv3x3, norm", Output: [3]int{n.StemChannels(), side, side}}}
	width := 0
	for i, c := range n.Cells() {
		block, s := "normal cell", side>>c.Stage
		if c.Reduces {
			block = "reducing cell"
		}
		width = c.Channels()
		layers = append(layers, cell.Layer{Name: CellName(i), Block: block, Output: [3]int{width, s, s}})
	}
	if n.Auxiliary {
		layers = append(layers, cell.Layer{Name: AuxiliaryHead, Block: "second classifier, in training", Output: [3]int{n.Classes, 1, 1}})
	}
	layers = append(layers,
		cell.Layer{Name: LastNorm, Block: "norm, ReLU, average", Output: [3]int{width, 1, 1}},
		cell.Layer{Name: Classifier, Block: "linear", Output: [3]int{n.Classes, 1, 1}})
	index := map[string]*cell.Layer{}
	for i := range layers {
		index[layers[i].Name] = &layers[i]
	}
	n.tensors(false, func(t cell.Tensor, uses int) bool {
		l := index[blockOf(t.Name)]
		if l.Name != AuxiliaryHead {
			l.FLOPs += float64(uses) * t.FLOPs(side)
		}
		if t.Kind.Learnable() {
			l.Params += t.Len()
		}
		return true
	})
	return layers
}

// NumClasses is the number of classes.
func (n Network) NumClasses() int { return n.Classes }

// blockOf is the block that a tensor belongs to: cells.K, or the first word.
func blockOf(name string) string {
	first, rest, _ := strings.Cut(name, ".")
	if number, _, ok := strings.Cut(rest, "."); ok && first == "cells" {
		return first + "." + number
	}
	return first
}
