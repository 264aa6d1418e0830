package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"cellnet/bench"
	"cellnet/data"
)

// everything is all about an architecture but its trials.
type everything struct {
	Index   int      `json:"index"`
	Arch    string   `json:"arch"`
	Recipes []recipe `json:"recipes"`

	text string // in the words of the published APIs
}

// recipe are the results by a recipe.
type recipe struct {
	HP       bench.HP    `json:"hp"`
	Datasets []onDataset `json:"datasets"`
}

// onDataset are the results on a dataset. What trials that differ don't tell is
// null.
type onDataset struct {
	Dataset data.Dataset `json:"dataset"`
	Seeds   []int        `json:"seeds"`
	Epochs  *int         `json:"epochs"`
	Cost    *bench.Cost  `json:"cost"`
	Metrics *bench.Info  `json:"metrics"`
}

func show(_ context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	index, err := a.IndexIn(b)
	if err != nil {
		return nil, err
	}
	// Whether there is such an architecture, show says in its text only.
	all, err := b.Architecture(index)
	if err != nil {
		return nil, err
	}
	r := everything{Index: index, Arch: all.ArchString}
	for hp, results := range all.All() {
		of := recipe{HP: hp}
		for _, d := range results.Datasets() {
			on, err := resultsOn(b, results, d, hp)
			if err != nil {
				return nil, err
			}
			of.Datasets = append(of.Datasets, on)
		}
		r.Recipes = append(r.Recipes, of)
	}
	var text strings.Builder
	if err := b.Show(&text, index); err != nil {
		// The published show wants more of a record than it must have.
		text.Reset()
		fmt.Fprintf(&text, "architecture %d: %s\n", index, all.ArchString)
	}
	r.text = text.String()
	return r, nil
}

// records are everything about all architectures that are evaluated.
type records struct {
	ctx context.Context // of the question that they answer
	b   *bench.Benchmark
}

func showAll(ctx context.Context, b *bench.Benchmark, _ Args, _ []string) (Answers, error) {
	return records{ctx, b}, nil
}

func (r records) Text(w io.Writer) error { return r.b.ShowAll(w) }

func (r records) Each() iter.Seq2[Answer, error] {
	return func(yield func(Answer, error) bool) {
		indexes, err := r.b.Indexes(bench.AllStored)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, index := range indexes {
			if err := r.ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			if !yield(show(r.ctx, r.b, Args{index: index})) {
				return
			}
		}
	}
}

func resultsOn(b *bench.Benchmark, r *bench.Results, d data.Dataset, hp bench.HP) (onDataset, error) {
	on := onDataset{Dataset: d}
	var err error
	if on.Seeds, err = r.SeedsOn(d); err != nil {
		return on, err
	}
	if epochs, err := r.Epochs(d); err == nil {
		on.Epochs = &epochs
	}
	switch c, err := r.Cost(b.API(), d); {
	case err == nil:
		on.Cost = &c
	case !incomplete(err):
		return on, err
	}
	switch m, err := b.MoreInfo(bench.Selection{Index: r.Index, Dataset: d, HP: hp}); {
	case err == nil:
		on.Metrics = &m
	case !incomplete(err):
		return on, err
	}
	return on, nil
}

// incomplete tells whether a query failed for what the trials lack, not for a
// file that can't be read.
func incomplete(err error) bool {
	return errors.Is(err, bench.ErrMissing) || errors.Is(err, bench.ErrMixed) || errors.Is(err, bench.ErrRange)
}

func (r everything) Text(w io.Writer) error {
	_, err := io.WriteString(w, r.text)
	return err
}
