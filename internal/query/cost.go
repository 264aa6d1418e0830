package query

import (
	"context"
	"fmt"
	"io"

	"cellnet/bench"
	"cellnet/bench/builtin"
)

// costs is what an architecture costs.
type costs struct {
	bench.Cost
	devices deviceNumbers // of the built-in results
	note    string
}

func cost(_ context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	index, err := a.IndexIn(b)
	if err != nil {
		return nil, err
	}
	c, err := b.Cost(index, a.dataset, a.hp)
	if err != nil {
		return nil, err
	}
	answer := costs{Cost: c}
	if answer.note, err = a.foreignCost(b, index, c); err != nil {
		return nil, err
	}
	if b.IsBuiltin() {
		on, err := a.onDevices(b)
		if err != nil {
			return nil, err
		}
		answer.devices = on.all(index)
	}
	return answer, nil
}

func (c costs) Text(w io.Writer) error {
	latency := bench.Number{Value: c.Latency.Value * 1000, OK: c.Latency.OK}
	rows := []string{
		row("FLOPs", fixed(c.FLOPs, 5)+" M"), row("parameters", fixed(c.Params, 6)+" M"),
		row("latency", orDash(latency, 2)+" ms"),
	}
	for _, t := range c.Times {
		rows = append(rows, row(t.Set, fmt.Sprintf("%s s/epoch, %s s in all", orDash(t.Epoch, 2), orDash(t.Total, 2))))
	}
	for i, d := range builtin.Devices()[:len(c.devices)] {
		rows = append(rows, row(d, orDash(c.devices[i], 3)+" "+d.Unit()))
	}
	return table(w, rows...)
}

// netConfig is the configuration of a network.
type netConfig struct{ bench.NetConfig }

func config(_ context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	index, err := a.IndexIn(b)
	if err != nil {
		return nil, err
	}
	c, err := b.NetConfig(index, a.dataset)
	return netConfig{c}, err
}

func (c netConfig) Text(w io.Writer) error {
	if c.Space() == bench.Size {
		return table(w, row("channels", c.ArchString), row("cell", c.Genotype), row("classes", c.Classes))
	}
	return table(w, row("arch", c.ArchString), row("C", c.Channels), row("N", c.Cells), row("classes", c.Classes))
}
