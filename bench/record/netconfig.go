package record

import (
	"fmt"

	"cellnet/cell"
)

// NetConfig is what a record says of a trial's network, in the words of its search
// space; [NetConfig.Network] is what it means.
type NetConfig struct {
	Channels   int    // of the first stage; 0 in the size search space
	Cells      int    // of each stage; 0 in the size search space
	ArchString string // of the cell, or widths
	Genotype   string // arch string of the cell in the size search space, else ""
	Classes    int
}

// NetConfigOf gives what records of a search space say of a network. It fails for
// one of which those of the topology search space, which have C and N, don't tell.
func NetConfigOf(net cell.Network, space cell.Space) (NetConfig, error) {
	if space == cell.Size {
		return NetConfig{ArchString: net.Widths.String(), Genotype: net.Cell.String(), Classes: net.Classes}, nil
	}
	channels, cells, ok := net.Stages()
	if !ok {
		return NetConfig{}, fmt.Errorf("a network of widths %v has no record of C and N", net.Widths)
	}
	return NetConfig{Channels: channels, Cells: cells, ArchString: net.Cell.String(), Classes: net.Classes}, nil
}

// Space is the search space of the record.
func (c NetConfig) Space() cell.Space {
	if c.Genotype != "" {
		return cell.Size
	}
	return cell.Topology
}

// Network gives the network. It fails if the record has none.
func (c NetConfig) Network() (cell.Network, error) {
	if c.Space() == cell.Topology {
		of, err := cell.Parse(c.ArchString)
		if err != nil {
			return cell.Network{}, err
		}
		return cell.NewNetwork(of, c.Channels, c.Cells, c.Classes)
	}
	of, err := cell.Parse(c.Genotype)
	if err != nil {
		return cell.Network{}, err
	}
	widths, err := cell.ParseWidths(c.ArchString)
	if err != nil {
		return cell.Network{}, err
	}
	net := cell.Network{Cell: of, Widths: widths, Classes: c.Classes}
	return net, net.Validate()
}

// MarshalJSON gives the record that the published APIs return.
func (c NetConfig) MarshalJSON() ([]byte, error) { return c.Fields().MarshalJSON() }

// Fields gives the dict of the published APIs.
func (c NetConfig) Fields() Fields {
	if c.Space() == cell.Size {
		return Fields{
			{"name", cell.InferShapeTiny},
			{"channels", c.ArchString},
			{"genotype", c.Genotype},
			{"num_classes", c.Classes},
		}
	}
	return Fields{
		{"name", cell.InferTiny},
		{"C", c.Channels},
		{"N", c.Cells},
		{"arch_str", c.ArchString},
		{"num_classes", c.Classes},
	}
}
