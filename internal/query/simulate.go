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

func simulate(_ context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	index, err := a.IndexIn(b)
	if err != nil {
		return nil, err
	}
	s, err := a.simulateOne(b, index, newRandom(a.random))
	return simulatedOf(s), err
}

// simulateOne trains an architecture for show.
func (a Args) simulateOne(b *bench.Benchmark, index int, random bench.Intner) (bench.Simulated, error) {
	if a.dataset == data.CIFAR10Valid {
		return bench.Simulated{}, faulty(Dataset, "%v cannot be simulated, want cifar10, cifar100 or ImageNet16-120", a.dataset)
	}
	return b.Simulate(bench.SimulateQuery{
		Index: index, Dataset: a.dataset, HP: a.hp, Epoch: a.epoch, Random: random,
	})
}

func simulatedOf(s bench.Simulated) simulated {
	return simulated{number(s.Accuracy), s.Latency, number(s.Cost)}
}

func (s simulated) Text(w io.Writer) error {
	return table(w, row("validation accuracy", orDash(s.Accuracy, 2)+" %"),
		row("latency", orDash(s.Latency, 5)+" s"), row("training and validation", orDash(s.Cost, 2)+" s"))
}
