package experiment

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"cellnet/bench/builtin"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/search"
)

// CostNames lists the costs that limits and trade-offs may name.
func CostNames() []string {
	names := []string{"flops", "params"}
	for _, d := range builtin.Devices() {
		names = append(names, d.String())
	}
	return names
}

// CostOf gives a cost of the networks for a dataset, of all architectures of a
// space: flops and params in millions by the formula, or a cost on a device in
// milliseconds or millijoules, which only cells have.
func CostOf(space *search.Space, d data.Dataset, name string) (search.Cost, error) {
	c := search.Cost{Name: name, Values: make([]float64, space.Len())}
	switch name {
	case "flops", "params":
		for arch := range c.Values {
			cost, err := networkCost(space, arch, d)
			if err != nil {
				return search.Cost{}, err
			}
			c.Values[arch] = cost.FLOPs
			if name == "params" {
				c.Values[arch] = cost.Params
			}
		}
		return c, nil
	}
	device, err := builtin.ParseDevice(name)
	if err != nil {
		return search.Cost{}, fmt.Errorf("search: cost: %.40q, want one of %s", name, strings.Join(CostNames(), ", "))
	}
	if space != search.Topology() {
		return search.Cost{}, fmt.Errorf("search: cost: %s is not known of networks of the size space, want flops or params", name)
	}
	t, err := builtin.Load()
	if err != nil {
		return search.Cost{}, err
	}
	for arch := range c.Values {
		v, ok := t.Cost(arch, d, device)
		if !ok {
			v = math.NaN()
		}
		c.Values[arch] = v
	}
	return c, nil
}

// NetSize is how large the networks of cells are.
type NetSize struct {
	Channels int // of the first stage
	Cells    int // of a stage
}

// publishedSize is that of the benchmark's networks.
func publishedSize() NetSize { return NetSize{16, 5} }

// costOf is CostOf of networks of a size.
func (n NetSize) costOf(space *search.Space, d data.Dataset, name string) (search.Cost, error) {
	if n == publishedSize() || n == (NetSize{}) {
		return CostOf(space, d, name)
	}
	if name != "flops" && name != "params" {
		return search.Cost{}, fmt.Errorf("search: cost: %.40q of networks of %d channels and %d cells is not known, want flops or params", name, n.Channels, n.Cells)
	}
	c := search.Cost{Name: name, Values: make([]float64, space.Len())}
	for arch := range c.Values {
		a, err := cell.FromIndex(arch)
		if err != nil {
			return search.Cost{}, err
		}
		net, err := cell.NewNetwork(a, n.Channels, n.Cells, d.Classes())
		if err != nil {
			return search.Cost{}, err
		}
		cost := net.Cost(d.Side())
		c.Values[arch] = cost.FLOPs
		if name == "params" {
			c.Values[arch] = cost.Params
		}
	}
	return c, nil
}

// networkCost is what a network costs by the formula.
func networkCost(space *search.Space, arch int, d data.Dataset) (cell.Cost, error) {
	if space == search.Topology() {
		if c, ok := builtin.Network(arch, d); ok {
			return c, nil
		}
	}
	a, err := space.Of().Arch(arch)
	if err != nil {
		return cell.Cost{}, err
	}
	return a.Network(d.Classes()).Cost(d.Side()), nil
}

// ParseLimit reads a limit such as "raspi4_latency=12".
func ParseLimit(text string) (name string, most float64, err error) {
	name, value, ok := strings.Cut(text, "=")
	if ok {
		most, err = strconv.ParseFloat(value, 64)
	}
	if !ok || err != nil || math.IsNaN(most) {
		return "", 0, fmt.Errorf("search: limit: %.60q, want NAME=NUMBER, such as flops=50", text)
	}
	return name, most, nil
}
