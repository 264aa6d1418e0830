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

// ReadWeights reads the weights that the parameters of [Weights] ask for, and says
// of which network they are. They are nil if the record has none.
func (a Args) ReadWeights(b *bench.Benchmark) (*weights.StateDict, weights.Description, error) {
	d := weights.Description{Dataset: a.dataset.String(), Seed: &a.seed, HP: int(a.hp), Classes: a.dataset.Classes()}
	index, err := a.IndexIn(b)
	if err != nil {
		return nil, d, err
	}
	state, err := b.Weights(index, a.dataset, a.hp, a.seed)
	if err != nil {
		return nil, d, err
	}
	config, err := b.NetConfig(index, a.dataset)
	if err != nil {
		return nil, d, err
	}
	d.Arch, d.C, d.N = config.ArchString, config.Channels, config.Cells
	return state, d, nil
}
