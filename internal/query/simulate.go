package query

import (
	"context"
	"io"

	"cellnet/bench"
	"cellnet/data"
)

// simulated is what a simulated training reached and cost.
type simulated struct {
	Accuracy bench.Number `json:"valid_accuracy"` // in percent
	Latency  bench.Number `json:"latency"`        // seconds
	Cost     bench.Number `json:"time_cost"`      // seconds
}

// simulate leaves the benchmark's clock alone, which answers to one asker must not
// move for another.
func simulate(_ context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	index, err := a.at(b)
	if err != nil {
		return nil, err
	}
	if a.dataset == data.CIFAR10Valid {
		return nil, faulty(Dataset, "%v cannot be simulated, want cifar10, cifar100 or ImageNet16-120", a.dataset)
	}
	s, err := b.Simulate(bench.SimulateQuery{
		Index: index, Dataset: a.dataset, HP: a.hp, Epoch: a.epoch, Random: newRandom(a.random), OffTheClock: true,
	})
	return simulated{number(s.Accuracy), s.Latency, number(s.Cost)}, err
}

func (s simulated) Text(w io.Writer) error {
	return table(w, row("validation accuracy", orDash(s.Accuracy, 2)+" %"),
		row("latency", orDash(s.Latency, 5)+" s"), row("training and validation", orDash(s.Cost, 2)+" s"))
}
