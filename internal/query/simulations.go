package query

import (
	"fmt"
	"io"
	"iter"

	"cellnet/bench"
)

// Simulations is the query of simulated trainings one after the other, by one
// clock and one generator. It has no [Answer]: ask by [Args.Simulate].
func Simulations() *Query {
	q := *find("simulate")
	q.Needs = []Param{Dataset}
	q.answer = nil
	return &q
}

func find(name string) *Query {
	for _, q := range All() {
		if q.Name == name {
			return q
		}
	}
	return nil
}

// resetTime, in a list of architectures, sets the clock to zero.
const resetTime = "reset"

// step is a simulated training of several.
type step struct {
	Index int `json:"index"`
	simulated
	Total bench.Number `json:"total_time_cost"` // seconds of all since the last reset
}

// Steps are simulated trainings.
type Steps []step

// Each walks over the single ones.
func (s Steps) Each() iter.Seq[Answer] {
	return func(yield func(Answer) bool) {
		for _, of := range s {
			if !yield(of) {
				return
			}
		}
	}
}

// Simulate trains architectures for show, each an index or an arch string; the word
// "reset" sets the clock to zero.
func (a Args) Simulate(b *bench.Benchmark, archs []string) (Steps, error) {
	random := newRandom(a.random)
	var clock bench.Clock
	var list Steps
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
	p := ParamOf(arch)
	if err := of.parse(p, arch); err != nil {
		return 0, err
	}
	of.given[p] = true
	return of.at(b)
}

// Text writes a table.
func (s Steps) Text(w io.Writer) error {
	rows := []string{row("index", "validation accuracy %", "latency s", "s", "s in all")}
	for _, of := range s {
		rows = append(rows, row(fmt.Sprint(of.Index), orDash(of.Accuracy, 2), orDash(of.Latency, 5), orDash(of.Cost, 2), orDash(of.Total, 2)))
	}
	return table(w, rows...)
}
