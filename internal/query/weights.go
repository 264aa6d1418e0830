package query

import (
	"cellnet/bench"
	"cellnet/weights"
)

// Weights is the query of a trial's trained weights. It has no [Answer]: ask by
// [Args.ReadWeights].
func Weights() *Query {
	return &Query{Name: "params", Short: "the trained weights of a trial",
		Needs: []Param{Index, Dataset, Seed}, Takes: []Param{HP}}
}

// ReadWeights reads the weights that the parameters of [Weights] ask for. They are
// nil if the record has none.
func (a Args) ReadWeights(b *bench.Benchmark) (*weights.StateDict, error) {
	index, err := a.at(b)
	if err != nil {
		return nil, err
	}
	return b.Weights(index, a.dataset, a.hp, a.seed)
}
