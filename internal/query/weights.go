package query

import (
	"cellnet/bench"
	"cellnet/weights"
)

// Weights is the form of the question for a trial's trained weights, which
// [Args.ReadWeights] answers.
func Weights() Form {
	return Form{Name: "params", Short: "the trained weights of a trial",
		Needs: []Param{Index, Dataset, Seed}, Takes: []Param{HP}}
}

// ReadWeights reads the weights that the parameters of [Weights] ask for. They are
// nil if the record has none.
func (a Args) ReadWeights(b *bench.Benchmark) (*weights.StateDict, error) {
	index, err := a.IndexIn(b)
	if err != nil {
		return nil, err
	}
	return b.Weights(index, a.dataset, a.hp, a.seed)
}
