package query

import (
	"context"
	"fmt"
	"io"
	"iter"

	"cellnet/bench"
)

// resetTime, in a list of architectures, sets the clock to zero.
const resetTime = "reset"

// step is a simulated training of several.
type step struct {
	Index int `json:"index"`
	simulated
	Total bench.Number `json:"total_time_cost"` // seconds of all since the last reset
}

// steps are simulated trainings.
type steps []step

func (s steps) Each() iter.Seq2[Answer, error] {
	return func(yield func(Answer, error) bool) {
		for _, of := range s {
			if !yield(of, nil) {
				return
			}
		}
	}
}

// simulateAll trains architectures for show, each an index or an arch string; the word
// "reset" sets the clock to zero.
func simulateAll(_ context.Context, b *bench.Benchmark, a Args, archs []string) (Answers, error) {
	random := newRandom(a.random)
	var clock bench.Clock
	var list steps
	for _, arch := range archs {
		if arch == resetTime {
			clock.Reset()
			continue
		}
		index, err := a.indexOf(b, arch)
		if err != nil {
			return nil, err
		}
		s, err := a.simulateOne(b, index, random)
		if err != nil {
			return nil, err
		}
		list = append(list, step{index, simulatedOf(s), number(clock.Spend(s.Cost))})
	}
	return list, nil
}

// indexOf reads an architecture of a list.
func (a Args) indexOf(b *bench.Benchmark, arch string) (int, error) {
	of := Args{given: map[Param]bool{}}
	p := paramOf(arch)
	if err := of.parse(p, arch); err != nil {
		return 0, err
	}
	of.given[p] = true
	return of.IndexIn(b)
}

func (s steps) Text(w io.Writer) error {
	rows := []string{row("index", "validation accuracy %", "latency s", "s", "s in all")}
	for _, of := range s {
		rows = append(rows, row(fmt.Sprint(of.Index), orDash(of.Accuracy, 2), orDash(of.Latency, 5), orDash(of.Cost, 2), orDash(of.Total, 2)))
	}
	return table(w, rows...)
}
