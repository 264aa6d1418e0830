package weights

import (
	"fmt"
	"strings"
)

// Description is what a file tells about a network besides its tensors. Zero
// values stand for what it does not tell.
type Description struct {
	Arch    string // arch string, not checked
	C, N    int    // channels of the stem, cells per stage
	Classes int
	Dataset string // key of the dataset that it was trained on
	Seed    *int
	HP      int // number of epochs of its training recipe
}

// Network is a state dict in a File.
type Network struct {
	// Description has C, N and Classes also if only the tensors tell them.
	Description
	Entry   string       // name of its entry in the file, such as "net_state_dict"; empty if it is the whole file
	Tensors []TensorInfo // not to be changed

	file *File
	load func() (*StateDict, error)
}

// TensorInfo describes a tensor without its numbers.
type TensorInfo struct {
	Name  string
	DType DType
	Shape []int
}

// Len is the number of elements.
func (t TensorInfo) Len() int { return Tensor{Shape: t.Shape}.Len() }

// String names the network in a list of a file's networks.
func (n *Network) String() string {
	var parts []string
	if n.HP != 0 {
		parts = append(parts, fmt.Sprintf("hp %d", n.HP))
	}
	if n.Dataset != "" || n.Seed != nil {
		parts = append(parts, "trial "+trialName(n.Dataset, n.Seed))
	}
	if n.Dataset == "" && n.Entry != "" {
		parts = append(parts, "entry "+n.Entry)
	}
	if len(parts) == 0 {
		return "a state dict"
	}
	return strings.Join(parts, " ")
}

// Load reads the tensors. A prefix "module." that all names of the file have,
// as nn.DataParallel adds it, is left out.
func (n *Network) Load() (*StateDict, error) {
	s, err := n.load()
	if err != nil {
		return nil, n.file.wrap(translate(err))
	}
	return s, nil
}

// measure gives what shapes tell about a network of this program.
func measure(tensors []TensorInfo) (d Description) {
	for _, t := range tensors {
		switch {
		case t.Name == "stem.0.weight" && len(t.Shape) == 4:
			d.C = t.Shape[0]
		case t.Name == "classifier.weight" && len(t.Shape) == 2:
			d.Classes = t.Shape[0]
		case d.N == 0 && strings.HasSuffix(t.Name, ".conv_a.op.1.weight"):
			// The first reduction block comes after the N cells of the first stage.
			var k int
			if _, err := fmt.Sscanf(t.Name, "cells.%d.conv_a.", &k); err == nil && k > 0 {
				d.N = k
			}
		}
	}
	return d
}

// withoutModule gives the function that shortens the names of a state dict.
func withoutModule(names []string) func(string) string {
	const prefix = "module."
	for _, name := range names {
		if !strings.HasPrefix(name, prefix) {
			return func(name string) string { return name }
		}
	}
	return func(name string) string { return strings.TrimPrefix(name, prefix) }
}
