package query

import (
	"context"
	"io"
	"iter"

	"cellnet/bench"
)

// Answers are those to a question about many architectures.
type Answers interface {
	// Text writes them for people.
	Text(w io.Writer) error
	// Each walks over the single ones.
	Each() iter.Seq2[Answer, error]
}

// Series is a question about many architectures, of the name of the [Query] about
// one.
type Series struct {
	Form
	TakesList bool   // of architectures; else it is about all
	Long      string // more on it than Short
	// Example are command lines.
	Example string

	answer func(ctx context.Context, b *bench.Benchmark, a Args, archs []string) (Answers, error)
}

// Answer asks a benchmark, if the series takes a list about archs, each an index or an
// arch string.
func (s *Series) Answer(ctx context.Context, b *bench.Benchmark, a Args, archs []string) (Answers, error) {
	return s.answer(ctx, b, a, archs)
}

// AllSeries lists the series.
func AllSeries() []*Series {
	return []*Series{
		{Form: Form{Name: "show", Short: "everything about an architecture, or about all: the results by all recipes"}, answer: showAll},
		{Form: Form{Name: "simulate", Short: "what training and validating an architecture would reach and cost",
			Needs: []Param{Dataset}, Takes: []Param{HP, Epoch, Random}}, TakesList: true, answer: simulateAll,
			Long: `what training and validating architectures would reach and cost.

Of several architectures, the time of each is added to that of those before. They
are arguments or, with --archs, the lines of a file, - for standard input: indexes or
arch strings; the word "reset" sets the time to zero.`,
			Example: `  cellnet query nb201.parquet simulate 11 --dataset cifar10 --hp 12
  cellnet query nb201.parquet simulate 11 157 284 --dataset cifar10 --hp 12 --random 0`},
	}
}
