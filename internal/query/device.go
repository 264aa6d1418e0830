package query

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"cellnet/bench"
	"cellnet/bench/builtin"
	"cellnet/cell"
	"cellnet/data"
)

// deviceLimit is a greatest cost on a device.
type deviceLimit struct {
	device builtin.Device
	most   float64
}

// parseLimits reads limits such as "raspi4_latency=12,fpga_energy=30".
func parseLimits(value string) ([]deviceLimit, error) {
	var limits []deviceLimit
	for part := range strings.SplitSeq(value, ",") {
		name, number, ok := strings.Cut(part, "=")
		most, err := strconv.ParseFloat(number, 64)
		if !ok || err != nil || math.IsNaN(most) {
			return nil, faulty(Max, "%q is not NAME=NUMBER, such as raspi4_latency=12", part)
		}
		d, err := builtin.ParseDevice(name)
		if err != nil {
			return nil, faulty(Max, "%v", err)
		}
		limits = append(limits, deviceLimit{d, most})
	}
	return limits, nil
}

// deviceCosts tells what the cells of a benchmark cost on devices.
type deviceCosts struct {
	table   *builtin.Table
	dataset data.Dataset
}

// onDevices gives the costs of the networks for the dataset that is asked for; it
// is an error if the benchmark is of another search space.
func (a Args) onDevices(b *bench.Benchmark) (deviceCosts, error) {
	space, err := b.Space()
	if err != nil {
		return deviceCosts{}, err
	}
	if space != bench.Topology {
		return deviceCosts{}, fmt.Errorf("costs on devices are known of the topology space: %w", bench.ErrMissing)
	}
	t, err := builtin.Load()
	return deviceCosts{t, a.dataset}, err
}

func (c deviceCosts) of(index int, d builtin.Device) bench.Number {
	v, ok := c.table.Cost(index, c.dataset, d)
	return bench.Number{Value: v, OK: ok}
}

// within tells whether a cell keeps the limits; where a cost is not known it
// doesn't.
func (c deviceCosts) within(index int, limits []deviceLimit) bool {
	return !slices.ContainsFunc(limits, func(l deviceLimit) bool {
		v := c.of(index, l.device)
		return !v.OK || v.Value > l.most
	})
}

// deviceNumbers are costs on devices by their names.
type deviceNumbers []bench.Number

// all lists a cell's costs in the order of the devices.
func (c deviceCosts) all(index int) deviceNumbers {
	var all deviceNumbers
	for _, d := range builtin.Devices() {
		all = append(all, c.of(index, d))
	}
	return all
}

// MarshalJSON gives an object of the devices' names.
func (n deviceNumbers) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, d := range builtin.Devices() {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, "%q:", d)
		b = n[i].AppendJSON(b)
	}
	return append(b, '}'), nil
}

// member is an architecture of a Pareto front.
type member struct {
	Index    int          `json:"index"`
	Arch     string       `json:"arch"`
	Accuracy bench.Number `json:"accuracy"`
	Cost     bench.Number `json:"cost"`
}

// paretoFront are the architectures that no other one beats.
type paretoFront struct {
	Cost    string   `json:"cost"`
	Members []member `json:"members"`
}

// front lists the architectures that no other beats in accuracy and in FLOPs, or in
// the cost on the device that is given, the cheapest first.
func front(ctx context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	all, err := a.candidates(ctx, b)
	if err != nil {
		return nil, err
	}
	f := paretoFront{Cost: "flops", Members: []member{}}
	if a.given[Device] {
		f.Cost = a.device.String()
	}
	costs, err := a.axis(b, all)
	if err != nil {
		return nil, err
	}
	order := make([]int, 0, len(all))
	for i, c := range costs {
		if c.OK {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(costs[i].Value, costs[j].Value), cmp.Compare(all[j].Accuracy, all[i].Accuracy))
	})
	top := math.Inf(-1)
	for _, i := range order {
		if all[i].Accuracy <= top {
			continue
		}
		top = all[i].Accuracy
		s, err := b.ArchString(all[i].Index)
		if err != nil {
			return nil, err
		}
		f.Members = append(f.Members, member{all[i].Index, s, number(top), costs[i]})
	}
	return f, nil
}

// axis gives the costs of candidates: on the device that is given, or FLOPs.
func (a Args) axis(b *bench.Benchmark, all []bench.Candidate) ([]bench.Number, error) {
	costs := make([]bench.Number, len(all))
	if !a.given[Device] {
		for i, c := range all {
			costs[i] = number(c.FLOPs)
		}
		return costs, nil
	}
	on, err := a.onDevices(b)
	if err != nil {
		return nil, err
	}
	for i, c := range all {
		costs[i] = on.of(c.Index, a.device)
	}
	return costs, nil
}

func (f paretoFront) Text(w io.Writer) error {
	rows := []string{row("index", "accuracy %", f.Cost, "arch")}
	for _, m := range f.Members {
		rows = append(rows, row(m.Index, orDash(m.Accuracy, 2), orDash(m.Cost, 3), m.Arch))
	}
	return table(w, rows...)
}

// MarshalJSON adds the costs on devices where there are some.
func (c costs) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(c.Cost)
	if err != nil || c.devices == nil {
		return b, err
	}
	devices, err := json.Marshal(c.devices)
	if err != nil {
		return nil, err
	}
	return append(append(b[:len(b)-1], ','), devices[1:]...), nil
}

// NoteOf gives what is to be said of an answer besides; "" if there is nothing.
func NoteOf(a Answer) string {
	if c, ok := a.(costs); ok {
		return c.note
	}
	return ""
}

// foreignCost is the note on a cell's cost, "" if it is the cell's own.
func (a Args) foreignCost(b *bench.Benchmark, index int, c bench.Cost) (string, error) {
	if space, err := b.Space(); err != nil || space != bench.Topology {
		return "", err
	}
	if b.IsBuiltin() {
		t, err := builtin.Load()
		if err != nil || !t.HasForeignCost(index) {
			return "", err
		}
		return fmt.Sprintf("the published records of architecture %d hold another network's FLOPs and parameters; these are its own", index), nil
	}
	of, err := cell.FromIndex(index)
	if err != nil {
		return "", err
	}
	config, err := b.NetConfig(index, a.dataset)
	if err != nil {
		return "", err
	}
	network, err := cell.NewNetwork(of, config.Channels, config.Cells, config.Classes)
	if err != nil {
		return "", nil // nothing that costs could be compared with
	}
	own := network.Cost(a.dataset.Side())
	if math.Abs(own.Params-c.Params) < 1e-4 {
		return "", nil
	}
	return fmt.Sprintf("this record of architecture %d holds another network's cost; its own is %.5f M FLOPs and %.6f M parameters", index, own.FLOPs, own.Params), nil
}
