// Package walk computes the scores of many architectures, several at a time, and
// keeps what is done in a journal: whatever ends the program, the next walk with
// the same settings goes on from there.
package walk

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"

	"cellnet/cell"
	"cellnet/proxies"
	"cellnet/proxies/table"
)

// Item is a network to score.
type Item struct {
	Arch    cell.Arch
	Network cell.Network
	Seed    uint32
}

// key tells items apart.
func (i Item) key() key { return key{i.Arch.String(), i.Seed} }

type key struct {
	arch string
	seed uint32
}

// Walk says how items are scored.
type Walk struct {
	Preset   proxies.Preset
	Batch    proxies.Batch
	Measures []proxies.Measure
	Jobs     int // networks side by side, one thread each; 0 for one a processor
}

// group is items that compute the same numbers.
type group []int

// groups lists the items that have to be computed, in order, each with those that
// follow from it. Cells that differ in nothing but edges without parameters that
// carry zeros or that nothing reads have, by one seed, the same weights, the same
// values and so the same scores by every measure.
func groups(items []Item) []group {
	var list []group
	at := map[key]int{}
	for i, item := range items {
		k := key{equivalent(item.Network), item.Seed}
		j, ok := at[k]
		if !ok {
			j = len(list)
			at[k] = j
			list = append(list, nil)
		}
		list[j] = append(list[j], i)
	}
	return list
}

// Distinct is how many networks have to be computed of all items.
func Distinct(items []Item) int { return len(groups(items)) }

// Run scores items and gives each row to emit, one at a time, in the order in
// which they are done.
func (w *Walk) Run(ctx context.Context, items []Item, emit func(item int, row table.Row) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := w.Jobs
	if jobs == 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	next := make(chan group)
	var workers sync.WaitGroup
	var emitting sync.Mutex
	for range jobs {
		workers.Go(func() {
			var e proxies.Evaluator
			for g := range next {
				scores, err := w.score(&e, items[g[0]])
				if err == nil {
					emitting.Lock()
					for _, i := range g {
						if err = emit(i, w.row(items[i], scores)); err != nil {
							break
						}
					}
					emitting.Unlock()
				}
				if err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	list := groups(items)
feed:
	for _, g := range list {
		select {
		case next <- g:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	workers.Wait()
	return context.Cause(ctx)
}

func (w *Walk) score(e *proxies.Evaluator, item Item) (proxies.Scores, error) {
	t, err := w.Preset.Task(item.Network, item.Seed, w.Batch, w.Measures)
	if err == nil {
		var scores proxies.Scores
		if scores, err = e.Evaluate(t, w.Measures); err == nil {
			return scores, nil
		}
	}
	return nil, fmt.Errorf("%v: %w", item.Arch, err)
}

func (w *Walk) row(item Item, scores proxies.Scores) table.Row {
	r := table.Row{Index: -1, Arch: item.Arch.String(), Seed: item.Seed}
	if index, ok := item.Arch.Index(); ok {
		r.Index = index
	}
	for _, m := range w.Measures {
		s := scores[m]
		if s.Defined() {
			r.Scores = append(r.Scores, s.Value)
			continue
		}
		r.Scores = append(r.Scores, math.NaN())
		if r.Reasons == nil {
			r.Reasons = map[string]string{}
		}
		r.Reasons[m.String()] = s.Reason
	}
	return r
}

// ErrOtherSettings says that a journal was begun with other settings.
var ErrOtherSettings = errors.New("it was begun with other settings")
