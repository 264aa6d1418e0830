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
	"cellnet/internal/archtable"
)

// extraCost is a cost that records don't hold: that on a device, or a column of a
// file.
type extraCost struct {
	device builtin.Device
	column *archtable.Column // nil for a device
}

// String names the cost.
func (c extraCost) String() string {
	if c.column != nil {
		return c.column.Name
	}
	return c.device.String()
}

// label names the cost with its unit, where that is known.
func (c extraCost) label() string {
	if c.column != nil {
		return c.column.Name
	}
	return fmt.Sprintf("%v, %s", c.device, c.device.Unit())
}

// extraCost gives the cost of a name: of the file that is joined, or else on a
// device.
func (a *Args) extraCost(name string) (extraCost, error) {
	if a.joined == nil {
		d, err := builtin.ParseDevice(name)
		return extraCost{device: d}, err
	}
	if column, ok := a.joined.Column(name); ok {
		return extraCost{column: column}, nil
	}
	d, err := builtin.ParseDevice(name)
	if err != nil {
		err = fmt.Errorf("%w; the columns of the file are %.400s", err, strings.Join(a.joined.Names(), ", "))
	}
	return extraCost{device: d}, err
}

// extraLimit is a greatest cost.
type extraLimit struct {
	cost extraCost
	most float64
}

// parseLimits reads limits such as "raspi4_latency=12,fpga_energy=30".
func (a *Args) parseLimits(value string) ([]extraLimit, error) {
	var limits []extraLimit
	for part := range strings.SplitSeq(value, ",") {
		at := strings.LastIndexByte(part, '=')
		if at < 0 {
			at = len(part)
		}
		most, err := strconv.ParseFloat(strings.TrimPrefix(part[at:], "="), 64)
		if err != nil || math.IsNaN(most) {
			return nil, faulty(Max, "%q is not NAME=NUMBER, such as raspi4_latency=12", part)
		}
		cost, err := a.extraCost(part[:at])
		if err != nil {
			return nil, faulty(Max, "%v", err)
		}
		limits = append(limits, extraLimit{cost, most})
	}
	return limits, nil
}

// asksDevices tells whether anything is asked that only the costs on devices tell.
func (a Args) asksDevices() bool {
	isOn := func(c extraCost) bool { return c.column == nil }
	return a.given[Device] && isOn(a.device) || slices.ContainsFunc(a.max, func(l extraLimit) bool { return isOn(l.cost) })
}

// extraCosts tells what the architectures of a benchmark cost.
type extraCosts struct {
	table   *builtin.Table // of devices; nil if nothing is asked of it
	dataset data.Dataset
}

// extraCosts gives the costs of the networks for the dataset that is asked for; it
// is an error if the benchmark is of another search space.
func (a Args) extraCosts(b *bench.Benchmark) (extraCosts, error) {
	space, err := b.Space()
	if err != nil {
		return extraCosts{}, err
	}
	if a.joined != nil && a.joined.Named && cellSpace(space) != a.joined.Space {
		return extraCosts{}, fmt.Errorf("the columns are of architectures of the %v space, the benchmark is of the %v space: %w", a.joined.Space, cellSpace(space), bench.ErrMissing)
	}
	if !a.asksDevices() {
		return extraCosts{dataset: a.dataset}, nil
	}
	return a.onDevices(b)
}

// onDevices is extraCosts if something is asked of devices.
func (a Args) onDevices(b *bench.Benchmark) (extraCosts, error) {
	space, err := b.Space()
	if err != nil {
		return extraCosts{}, err
	}
	if space != bench.Topology {
		return extraCosts{}, fmt.Errorf("costs on devices are known of the topology space: %w", bench.ErrMissing)
	}
	t, err := builtin.Load()
	return extraCosts{t, a.dataset}, err
}

func cellSpace(s bench.Space) cell.Space {
	if s == bench.Size {
		return cell.Size
	}
	return cell.Topology
}

func (c extraCosts) of(index int, cost extraCost) bench.Number {
	if cost.column != nil {
		v, ok := cost.column.At(index)
		return bench.Number{Value: v, OK: ok}
	}
	v, ok := c.table.Cost(index, c.dataset, cost.device)
	return bench.Number{Value: v, OK: ok}
}

// within tells whether a cell keeps the limits; where a cost is not known it
// doesn't.
func (c extraCosts) within(index int, limits []extraLimit) bool {
	return !slices.ContainsFunc(limits, func(l extraLimit) bool {
		v := c.of(index, l.cost)
		return !v.OK || v.Value > l.most
	})
}

// deviceNumbers are costs on devices by their names.
type deviceNumbers []bench.Number

// all lists a cell's costs in the order of the devices.
func (c extraCosts) all(index int) deviceNumbers {
	var all deviceNumbers
	for _, d := range builtin.Devices() {
		all = append(all, c.of(index, extraCost{device: d}))
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
	on, err := a.extraCosts(b)
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
