package query

import (
	"context"
	"fmt"
	"io"

	"cellnet/bench"
)

// name is the string of an architecture.
type name struct {
	Index int    `json:"index"`
	Arch  string `json:"arch"`
}

// place is the index of an architecture's string.
type place name

func arch(_ context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	i, err := a.IndexIn(b)
	if err != nil {
		return nil, err
	}
	s, err := b.ArchString(i)
	return name{i, s}, err
}

func random(_ context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	i, err := b.RandomIndex(newRandom(a.random))
	if err != nil {
		return nil, err
	}
	s, err := b.ArchString(i)
	return drawn{i, s}, err
}

// drawn is an architecture that nobody named.
type drawn name

func (d drawn) Text(w io.Writer) error { return table(w, row("index", d.Index), row("arch", d.Arch)) }

// archList are the strings of a search space.
type archList []string

func list(_ context.Context, b *bench.Benchmark, _ Args) (Answer, error) {
	n, err := b.Len()
	if err != nil {
		return nil, err
	}
	all := make(archList, 0, n)
	strings, err := b.Strings()
	if err != nil {
		return nil, err
	}
	for _, s := range strings {
		all = append(all, s)
	}
	return all, nil
}

func (l archList) Text(w io.Writer) error {
	rows := make([]string, len(l))
	for i, s := range l {
		rows[i] = row(i, s)
	}
	return table(w, rows...)
}

func index(_ context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	found, err := a.find(b)
	if err != nil {
		return nil, err
	}
	return place{found.index, a.arch}, nil
}

func (n name) Text(w io.Writer) error {
	_, err := fmt.Fprintln(w, n.Arch)
	return err
}

func (p place) Text(w io.Writer) error {
	_, err := fmt.Fprintln(w, p.Index)
	return err
}
