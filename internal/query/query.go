package query

import (
	"context"
	"encoding/json"
	"io"

	"cellnet/bench"
	"cellnet/bench/record"
	"cellnet/internal/mt19937"
)

// Answer is what a query gives: in JSON by [Write], with the keys of the published
// APIs where these have any, and for people.
type Answer interface {
	// Text writes the answer for people.
	Text(w io.Writer) error
}

// Query is a question with one answer.
type Query struct {
	Form
	OfAllArchs    bool
	OfWhatWasRead bool // so far, of a folder

	answer func(ctx context.Context, b *bench.Benchmark, a Args) (Answer, error)
}

// AnswerIsFixed tells whether the answer stays the same as long as the benchmark is
// open.
func (q *Query) AnswerIsFixed(b *bench.Benchmark) bool {
	return !q.OfWhatWasRead || b.Layout().Container() != record.Folder
}

// Answer asks a benchmark. Errors wrap one of package bench's if there is no such
// thing as was asked for.
func (q *Query) Answer(ctx context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	return q.answer(ctx, b, a)
}

// Write writes an answer as a line of JSON.
func Write(w io.Writer, a Answer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(a)
}

// All lists the queries.
func All() []*Query {
	return []*Query{
		{Form: Form{Name: "info", Short: "what the benchmark holds, or an architecture's results in words",
			Takes: []Param{Index, HP}}, answer: info},
		{Form: Form{Name: "show", Short: "everything about an architecture: its results by all recipes",
			Needs: []Param{Index}}, answer: show},
		{Form: Form{Name: "best", Short: "the architecture with the highest mean accuracy",
			Needs: []Param{Dataset, Set}, Takes: []Param{HP, MaxFLOPs, MaxParams, Max}}, OfAllArchs: true, answer: best},
		{Form: Form{Name: "top", Short: "the architectures with the highest mean accuracies, best first",
			Needs: []Param{Dataset, Set}, Takes: []Param{HP, MaxFLOPs, MaxParams, Max, Device, Limit}}, OfAllArchs: true, answer: top},
		{Form: Form{Name: "front", Short: "the architectures that no other beats in accuracy and in FLOPs or a device's cost, cheapest first",
			Needs: []Param{Dataset, Set}, Takes: []Param{HP, MaxFLOPs, MaxParams, Max, Device}}, OfAllArchs: true, answer: front},
		{Form: Form{Name: "points", Short: "cost and mean accuracy of every architecture, as columns",
			Needs: []Param{Dataset, Set}, Takes: []Param{HP, MaxFLOPs, MaxParams, Max, Device}}, OfAllArchs: true, answer: points},
		{Form: Form{Name: "metrics", Short: "an architecture's losses, accuracies and times on a dataset",
			Needs: []Param{Index, Dataset}, Takes: []Param{HP, Set, Epoch, Seed, Random, Mean}}, answer: metrics},
		{Form: Form{Name: "cost", Short: "an architecture's FLOPs and parameters in millions, latency and training times in seconds",
			Needs: []Param{Index, Dataset}, Takes: []Param{HP}}, answer: cost},
		{Form: Form{Name: "config", Short: "the configuration of an architecture's network",
			Needs: []Param{Index, Dataset}}, answer: config},
		{Form: Form{Name: "arch", Short: "the string of an architecture",
			Needs: []Param{Index}}, answer: arch},
		{Form: Form{Name: "random", Short: "an architecture drawn at random, by Python's generator",
			Takes: []Param{Random}}, answer: random},
		{Form: Form{Name: "list", Short: "the strings of all architectures, by their index"}, OfAllArchs: true, answer: list},
		{Form: Form{Name: "index", Short: "the index of an architecture's string, -1 if it is not in the search space",
			Needs: []Param{Arch}}, answer: index},
		{Form: Form{Name: "trials", Short: "an architecture's single trials, with the curves of all epochs or the numbers at one",
			Needs: []Param{Index, Dataset}, Takes: []Param{HP, Seed, Epoch}}, answer: trials},
		{Form: Form{Name: "statistics", Short: "how many architectures have how many trials on a dataset",
			Needs: []Param{Dataset}, Takes: []Param{HP}}, OfAllArchs: true, OfWhatWasRead: true, answer: statistics},
		{Form: Form{Name: "simulate", Short: "what training and validating an architecture would reach and cost",
			Needs: []Param{Index, Dataset}, Takes: []Param{HP, Epoch, Random}}, answer: simulate},
	}
}

func newRandom(seed uint64) *mt19937.Source { return mt19937.NewPython(seed) }
