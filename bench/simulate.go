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
	UsedTime float64 // seconds on the clock afterwards
}

// SimulateQuery asks for a simulated training.
type SimulateQuery struct {
	Index   int
	Dataset data.Dataset // CIFAR10 (accuracies come from CIFAR10Valid), CIFAR100 or ImageNet16
	HP      HP
	Epoch   Epoch // at which training stops
	Random  Intner
	// OffTheClock leaves the clock as it is.
	OffTheClock bool
}

// Simulate trains and validates an architecture for show: it draws a trial,
// returns what that trial reached and cost, and moves the clock.
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
	info, err := b.MoreInfo(q.Index, d, q.HP, q.Epoch, OfRandomTrial(q.Random))
	if err != nil {
		return none, err
	}
	valid := info.Valid
	accuracy := valid
	if valid == nil {
		// Old trials have the whole test set at every epoch, its validation part
		// at the last one only.
		if b.API() == NAS201 || info.ValTest == nil {
			return none, fmt.Errorf("architecture %d on %v: no accuracy to validate with: %w", q.Index, d, ErrMissing)
		}
		accuracy = info.ValTest
		last, err := b.MoreInfo(q.Index, q.Dataset, q.HP, Epoch{}, OfRandomTrial(q.Random))
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
	hp := q.HP
	if b.API() == NAS201 {
		hp = HP12 // nas_201_api knows the latency of that recipe only
	}
	latency, err := b.Latency(q.Index, q.Dataset, hp)
	if err != nil {
		return none, err
	}
	s := Simulated{Accuracy: accuracy.Accuracy, Latency: latency, Cost: info.Train.Total.Value + valid.PerEpoch.Value}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !q.OffTheClock {
		b.clock += s.Cost
	}
	s.UsedTime = b.clock
	return s, nil
}

// UsedTime is the time on the clock in seconds.
func (b *Benchmark) UsedTime() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.clock
}

// ResetTime sets the clock to zero.
func (b *Benchmark) ResetTime() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = 0
}
