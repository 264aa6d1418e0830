// Package spec has what all networks have in common, whatever they are built
// of: [cellnet/cell.Network] of one cell and [cellnet/cell/twocell.Network] of
// two.
package spec

import (
	"encoding/json"
	"iter"

	"cellnet/cell"
	"cellnet/cell/twocell"
)

// Network describes a network.
type Network interface {
	// Validate returns an error that names the first field out of its range. What
	// follows needs a valid network.
	Validate() error
	NumClasses() int
	// CheckSide returns an error if the network can't take images of side x side
	// pixels.
	CheckSide(side int) error
	// Tensors yields the tensors of the state dict in PyTorch's order.
	Tensors() iter.Seq[cell.Tensor]
	// Drawn yields the tensors in the order in which PyTorch draws their numbers.
	// Those without a name are drawn and lost.
	Drawn() iter.Seq[cell.Tensor]
	// WithoutGradient is the names of the learnable tensors on which the loss does
	// not depend.
	WithoutGradient() map[string]bool
	Cost(side int) cell.Cost
	Layers(side int) []cell.Layer
	json.Marshaler // of a config record
}

var (
	_ Network = cell.Network{}
	_ Network = twocell.Network{}
)

// Name is what is built: the arch string of a cell, widths, the name of a published
// genotype, or "two cells".
func Name(n Network) string {
	switch n := n.(type) {
	case cell.Network:
		return n.Arch().String()
	case twocell.Network:
		for _, name := range twocell.Names() {
			if g, err := twocell.Named(name); err == nil && g.Equal(n.Genotype) {
				return name
			}
		}
	}
	return "two cells"
}

// ReadRecord reads a config record of any network; its "name" tells which.
func ReadRecord(record []byte) (Network, error) {
	var named struct{ Name any }
	if json.Unmarshal(record, &named) == nil && named.Name == twocell.InferNASNet {
		var n twocell.Network
		if err := n.UnmarshalJSON(record); err != nil {
			return nil, err
		}
		return n, nil
	}
	var n cell.Network
	if err := n.UnmarshalJSON(record); err != nil {
		return nil, err
	}
	return n, nil
}
