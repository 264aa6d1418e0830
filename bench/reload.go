package bench

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"cellnet/bench/internal/published"
	"cellnet/bench/internal/source"
	"cellnet/weights"
)

// chosen are some of the architectures of a source.
type chosen struct {
	source.Records
	order   []int
	indexes map[int]bool
}

func (c *chosen) Indexes() []int     { return c.order }
func (c *chosen) Has(index int) bool { return c.indexes[index] }

// edited are records the weights of which are another source's.
type edited struct {
	source.Records
	weights source.Source
}

func (e edited) Weights(index int, hp HP, t *Trial) (*weights.File, weights.Selector, error) {
	return e.weights.Weights(index, hp, t)
}

// Reloaded gives a benchmark that has the records of architectures from a folder of
// archive files, such as NAS-Bench-201's archive with the trained weights, and all
// else from b, which must stay open. Without indexes it takes all of the search
// space. Every file is read once to see that it is whole, and again when its record
// is asked for.
func (b *Benchmark) Reloaded(dir string, indexes ...int) (*Benchmark, error) {
	n, err := b.Len()
	if err != nil {
		return nil, err
	}
	if len(indexes) == 0 {
		indexes = make([]int, n)
		for i := range indexes {
			indexes[i] = i
		}
	}
	f, l, err := published.OpenFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("reloading from %s: %w", dir, err)
	}
	if l.API() != b.API() {
		return nil, fmt.Errorf("reloading from %s: it has files of %v, the benchmark is of %v", dir, l, b.layout)
	}
	over := &chosen{f, slices.Clone(indexes), map[int]bool{}}
	for _, i := range indexes {
		if err := checkIndex(i, n); err != nil {
			return nil, err
		}
		_, err := f.Architecture(i)
		if errors.Is(err, source.ErrNotStored) {
			err = fs.ErrNotExist
		}
		if err != nil {
			return nil, fmt.Errorf("reloading architecture %d from %s: %w", i, dir, err)
		}
		over.indexes[i] = true
	}
	if !b.API().OnlyEvaluated() {
		indexes = nil
	}
	return b.with(source.Overlay(b.source, over), indexes), nil
}

// WithoutWeights gives a benchmark that has forgotten the trained weights of an
// architecture's trials by the given recipes, or by all of them, and has all else
// from b, which must stay open.
func (b *Benchmark) WithoutWeights(index int, hps ...HP) (*Benchmark, error) {
	a, err := b.StoredArchitecture(index)
	if err != nil {
		return nil, err
	}
	a = a.Clone()
	if len(hps) == 0 {
		hps = a.HPs()
	}
	for _, hp := range hps {
		r, err := a.Results(hp)
		if err != nil {
			return nil, err
		}
		r.ClearWeights()
	}
	return b.with(source.Overlay(b.source, edited{source.FromMemory(a), b.source}), nil), nil
}
