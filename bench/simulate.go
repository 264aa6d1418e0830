package bench

import (
	"fmt"

	"cellnet/data"
)

// Simulated is what a simulated training returns.
type Simulated struct {
	Accuracy float64 // on the validation set, top-1 in percent
	Latency  Number  // seconds of a batch
	Cost     float64 // seconds that training and validating would take
}

// SimulateQuery asks for a simulated training.
type SimulateQuery struct {
	Index   int
	Dataset data.Dataset // CIFAR10 (accuracies come from CIFAR10Valid), CIFAR100 or ImageNet16
	HP      HP
	Epoch   Epoch // at which training stops
	Random  Intner
}

// Simulate trains and validates an architecture for show: it draws a trial, and
// returns what that trial reached and cost. A [Clock] adds up the costs.
func (b *Benchmark) Simulate(q SimulateQuery) (Simulated, error) {
	var none Simulated
	d := q.Dataset
	switch d {
	case data.CIFAR10:
		d = data.CIFAR10Valid
	case data.CIFAR100, data.ImageNet16:
	default:
		return none, fmt.Errorf("%v cannot be simulated, want cifar10, cifar100 or ImageNet16-120", d)
	}
	info, err := b.MoreInfo(Selection{q.Index, d, q.HP, q.Epoch, OfRandomTrial(q.Random)})
	if err != nil {
		return none, err
	}
	valid := info.Valid
	accuracy := valid
	if valid == nil {
		// Old trials have the whole test set at every epoch, its validation part
		// at the last one only.
		if !b.API().ValidatesByTest() || info.ValTest == nil {
			return none, fmt.Errorf("architecture %d on %v: no accuracy to validate with: %w", q.Index, d, ErrMissing)
		}
		accuracy = info.ValTest
		last, err := b.MoreInfo(Selection{q.Index, q.Dataset, q.HP, Epoch{}, OfRandomTrial(q.Random)})
		if err != nil {
			return none, err
		}
		if valid = last.Valid; valid == nil {
			return none, fmt.Errorf("architecture %d on %v: no time of validation: %w", q.Index, d, ErrMissing)
		}
	}
	if !info.Train.Total.OK || !valid.PerEpoch.OK {
		return none, fmt.Errorf("architecture %d on %v: no times: %w", q.Index, d, ErrMissing)
	}
	latency, err := b.Latency(q.Index, q.Dataset, b.API().LatencyHP(q.HP))
	if err != nil {
		return none, err
	}
	return Simulated{Accuracy: accuracy.Accuracy, Latency: latency, Cost: info.Train.Total.Value + valid.PerEpoch.Value}, nil
}
