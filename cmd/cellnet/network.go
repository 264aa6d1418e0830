package main

import (
	"fmt"
	"strings"

	"cellnet/cell"
	"cellnet/internal/usage"
	"cellnet/models"
	"cellnet/weights"
)

// loaded is a network with the weights of a file.
type loaded struct {
	description weights.Description
	params      *models.Parameters
}

// network describes the network.
func (l loaded) network() cell.Network {
	n, _ := l.params.Network().(cell.Network)
	return n
}

// loadNetwork reads a network from a weights file. arch may be empty where the
// file names its architecture; the two must agree.
func (a *app) loadNetwork(path, arch string, flags networkFlags) (loaded, error) {
	wrap := func(err error) error { return fmt.Errorf("reading weights %s: %w", path, err) }
	selector, err := flags.selector()
	if err != nil {
		return loaded{}, err
	}
	var given cell.Cell
	if arch != "" {
		if given, err = parseArch(arch); err != nil {
			return loaded{}, err
		}
	}
	file, err := weights.OpenFile(path)
	if err != nil {
		return loaded{}, err
	}
	defer file.Close()
	if arch != "" {
		selector.Arch = given.String()
	}
	chosen, err := flags.choose(file, selector)
	if err != nil {
		return loaded{}, err
	}
	c := given
	if c.IsZero() {
		if chosen.Arch == "" {
			return loaded{}, usage.Errorf("%s does not name its architecture: give it as ARCH", path)
		}
		if c, err = cell.Parse(chosen.Arch); err != nil {
			return loaded{}, wrap(err)
		}
	}
	for _, note := range chosen.Notes {
		fmt.Fprintf(a.stderr, "cellnet: note: %s: %s\n", path, quotedName(note))
	}
	if err := chosen.CheckNetwork(); err != nil {
		return loaded{}, wrap(err)
	}
	state, err := chosen.Load()
	if err != nil {
		return loaded{}, err
	}
	net, err := chosen.Structure(c)
	if err != nil {
		return loaded{}, wrap(err)
	}
	params, err := models.FromStateDict(net, state)
	if err != nil {
		return loaded{}, wrap(err)
	}
	if bad := state.NonFinite(); len(bad) > 0 {
		fmt.Fprintf(a.stderr, "warning: %s: NaN or infinity in %s\n", path, strings.Join(bad, ", "))
	}
	return loaded{chosen.Description, params}, nil
}
