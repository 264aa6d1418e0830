package models

import (
	"fmt"
	"strings"

	"cellnet/cell"
)

// Layer is one block of a network's structure.
type Layer struct {
	Name   string  `json:"name"`   // prefix of its tensors, as cells.3
	Block  string  `json:"block"`  // what it computes
	Output [3]int  `json:"output"` // channels, height, width of one image's result
	Params int     `json:"params"` // learnable numbers
	FLOPs  float64 `json:"flops"`  // multiply-accumulates of one image
}

// Structure lists a network's blocks in order, for images of side x side
// pixels.
func Structure(c cell.Config, side int) []Layer {
	layers := []Layer{{Name: "stem", Block: "conv3x3, norm", Output: [3]int{c.C, side, side}}}
	channels, s := c.C, side
	for stage := range stages {
		if stage > 0 {
			channels, s = 2*channels, s/2
			layers = append(layers, Layer{Block: "residual, stride 2", Output: [3]int{channels, s, s}})
		}
		for range c.N {
			layers = append(layers, Layer{Block: "cell", Output: [3]int{channels, s, s}})
		}
	}
	for i := range layers[1:] {
		layers[i+1].Name = fmt.Sprintf("cells.%d", i)
	}
	layers = append(layers,
		Layer{Name: "lastact", Block: "norm, ReLU, average", Output: [3]int{channels, 1, 1}},
		Layer{Name: "classifier", Block: "linear", Output: [3]int{c.Classes, 1, 1}})

	index := map[string]*Layer{}
	for i := range layers {
		index[layers[i].Name] = &layers[i]
	}
	for e := range Entries(c) {
		l := index[prefix(e.Name)]
		switch e.Kind {
		case ConvWeight:
			l.FLOPs += float64(e.Len()) * e.pixels * float64(side*side)
		case LinearWeight, LinearBias:
			l.FLOPs += float64(e.Len())
		}
		if e.Kind.Learnable() {
			l.Params += e.Len()
		}
	}
	return layers
}

// prefix is the block that a tensor belongs to: cells.K, or the first word.
func prefix(name string) string {
	parts := strings.SplitN(name, ".", 3)
	if parts[0] == "cells" {
		return parts[0] + "." + parts[1]
	}
	return parts[0]
}
