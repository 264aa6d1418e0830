package query

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"cellnet/bench"
)

// winner is the best architecture: index -1 if none is within the limits.
type winner struct {
	Index    int          `json:"index"`
	Arch     *string      `json:"arch"`
	Accuracy bench.Number `json:"accuracy"` // in percent
}

// ranked is an architecture of a list.
type ranked struct {
	Index    int          `json:"index"`
	Arch     string       `json:"arch"`
	Accuracy bench.Number `json:"accuracy"` // in percent
	FLOPs    bench.Number `json:"flops"`    // in millions
	Params   bench.Number `json:"params"`   // in millions
	// Device is the cost on the device that was asked for.
	Device *bench.Number `json:"device_cost,omitempty"`
}

type ranking []ranked

// columns are all architectures' numbers, a list for each.
type columns struct {
	Index    []int          `json:"index"`
	Accuracy []bench.Number `json:"accuracy"`
	FLOPs    []bench.Number `json:"flops"`
	Params   []bench.Number `json:"params"`
	Device   []bench.Number `json:"device_cost,omitempty"`
	joined   []joinedColumn
}

// Limits of the length of a ranking.
const (
	defaultLimit = 10
	longestLimit = 1000
)

func (a Args) bestQuery() (bench.BestQuery, error) {
	d, set, err := bench.SetByWord(a.dataset, a.set)
	if err != nil {
		return bench.BestQuery{}, faulty(Set, "%q is no set of %v", a.set, a.dataset)
	}
	return bench.BestQuery{Dataset: d, Set: set, HP: a.hp, MaxFLOPs: a.maxFLOPs, MaxParams: a.maxParams}, nil
}

// bestWithin gives the best of those that keep limits on devices; -1 if none does.
func (a Args) bestWithin(ctx context.Context, b *bench.Benchmark) (index int, accuracy bench.Number, err error) {
	all, err := a.candidates(ctx, b)
	index = -1
	for _, c := range all {
		if index < 0 || c.Accuracy > accuracy.Value {
			index, accuracy = c.Index, number(c.Accuracy)
		}
	}
	return index, accuracy, err
}

func best(ctx context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	q, err := a.bestQuery()
	if err != nil {
		return nil, err
	}
	i, accuracy, err := b.Best(q)
	if a.given[Max] {
		i, accuracy, err = a.bestWithin(ctx, b)
	}
	if err != nil || i < 0 {
		return winner{Index: -1}, err
	}
	s, err := b.ArchString(i)
	return winner{i, &s, accuracy}, err
}

// candidates lists all architectures within the limits.
func (a Args) candidates(ctx context.Context, b *bench.Benchmark) ([]bench.Candidate, error) {
	q, err := a.bestQuery()
	if err != nil {
		return nil, err
	}
	var on extraCosts
	if a.given[Max] {
		if on, err = a.extraCosts(b); err != nil {
			return nil, err
		}
	}
	var all []bench.Candidate
	for c, err := range b.Candidates(q) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		if on.within(c.Index, a.max) {
			all = append(all, c)
		}
	}
	return all, nil
}

func top(ctx context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	n := defaultLimit
	if a.given[Limit] {
		n = a.limit
	}
	if n > longestLimit {
		return nil, faulty(Limit, "%d is too many, want at most %d", n, longestLimit)
	}
	all, err := a.candidates(ctx, b)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(x, y bench.Candidate) int { return cmp.Compare(y.Accuracy, x.Accuracy) })
	all = all[:min(n, len(all))]
	costs, err := a.axis(b, all)
	if err != nil {
		return nil, err
	}
	list := ranking{}
	for i, c := range all {
		s, err := b.ArchString(c.Index)
		if err != nil {
			return nil, err
		}
		r := ranked{c.Index, s, number(c.Accuracy), number(c.FLOPs), number(c.Params), nil}
		if a.given[Device] {
			r.Device = &costs[i]
		}
		list = append(list, r)
	}
	return list, nil
}

func points(ctx context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	all, err := a.candidates(ctx, b)
	if err != nil {
		return nil, err
	}
	n := len(all)
	c := columns{Index: make([]int, n), Accuracy: make([]bench.Number, n), FLOPs: make([]bench.Number, n), Params: make([]bench.Number, n)}
	for i, of := range all {
		c.Index[i], c.Accuracy[i], c.FLOPs[i], c.Params[i] = of.Index, number(of.Accuracy), number(of.FLOPs), number(of.Params)
	}
	if a.given[Device] {
		if c.Device, err = a.axis(b, all); err != nil {
			return nil, err
		}
	}
	return c, c.join(a, b)
}

// join adds the columns of the file that is joined.
func (c *columns) join(a Args, b *bench.Benchmark) error {
	if a.joined == nil {
		return nil
	}
	on, err := a.extraCosts(b)
	if err != nil {
		return err
	}
	for i := range a.joined.Columns {
		of := extraCost{column: &a.joined.Columns[i]}
		numbers := make([]bench.Number, len(c.Index))
		for j, index := range c.Index {
			numbers[j] = on.of(index, of)
		}
		c.joined = append(c.joined, joinedColumn{of.String(), numbers})
	}
	return nil
}

// joinedColumn is a column of a file.
type joinedColumn struct {
	name    string
	numbers []bench.Number
}

// MarshalJSON adds the columns of a file by their names, those with the name of a
// column that is there anyway behind "with_".
func (c columns) MarshalJSON() ([]byte, error) {
	type plain columns
	b, err := json.Marshal(plain(c))
	if err != nil || len(c.joined) == 0 {
		return b, err
	}
	out := b[:len(b)-1]
	for _, column := range c.joined {
		name := column.name
		if slices.Contains([]string{"index", "accuracy", "flops", "params", "device_cost"}, name) {
			name = "with_" + name
		}
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, ','), key...), ":["...)
		for i, n := range column.numbers {
			if i > 0 {
				out = append(out, ',')
			}
			out = n.AppendJSON(out)
		}
		out = append(out, ']')
	}
	return append(out, '}'), nil
}

func (b winner) Text(w io.Writer) error {
	if b.Arch == nil {
		_, err := fmt.Fprintln(w, "none within the limits")
		return err
	}
	return table(w, row("index", b.Index), row("arch", *b.Arch), row("accuracy", orDash(b.Accuracy, 2)+" %"))
}

func (r ranking) Text(w io.Writer) error {
	head := []any{"index", "accuracy %", "MFLOPs", "M params"}
	if len(r) > 0 && r[0].Device != nil {
		head = append(head, "device")
	}
	rows := []string{row(append(head, "arch")...)}
	for _, a := range r {
		cells := []any{a.Index, orDash(a.Accuracy, 2), orDash(a.FLOPs, 2), orDash(a.Params, 3)}
		if a.Device != nil {
			cells = append(cells, orDash(*a.Device, 3))
		}
		rows = append(rows, row(append(cells, a.Arch)...))
	}
	return table(w, rows...)
}

func (c columns) Text(w io.Writer) error {
	head := []any{"index", "accuracy %", "MFLOPs", "M params"}
	if c.Device != nil {
		head = append(head, "device")
	}
	for _, column := range c.joined {
		head = append(head, column.name)
	}
	rows := []string{row(head...)}
	for i := range c.Index {
		cells := []any{c.Index[i], orDash(c.Accuracy[i], 2), orDash(c.FLOPs[i], 2), orDash(c.Params[i], 3)}
		if c.Device != nil {
			cells = append(cells, orDash(c.Device[i], 3))
		}
		for _, column := range c.joined {
			cells = append(cells, orDash(column.numbers[i], 3))
		}
		rows = append(rows, row(cells...))
	}
	return table(w, rows...)
}
