package record

import (
	"fmt"

	"cellnet/data"
)

// Metrics are a trial's numbers at one epoch, or their means over trials. In
// JSON the keys are those of the published APIs: iepoch, loss, accuracy,
// cur_time, all_time.
type Metrics struct {
	Epoch    int
	Loss     float64 // mean cross entropy
	Accuracy float64 // top-1 in percent
	Seconds  Number  // of the epoch
	Total    Number  // seconds of the epochs up to this one
}

func meanMetrics(api API, all []Metrics) (Metrics, error) {
	mean := Metrics{Epoch: all[0].Epoch}
	var err error
	for _, m := range all {
		if m.Epoch != mean.Epoch {
			return Metrics{}, fmt.Errorf("trainings of %d and of %d epochs: %w", mean.Epoch+1, m.Epoch+1, ErrMixed)
		}
	}
	values := make([]float64, len(all))
	pick := func(of func(Metrics) float64) float64 {
		for i, m := range all {
			values[i] = of(m)
		}
		return api.mean(values)
	}
	mean.Loss = pick(func(m Metrics) float64 { return m.Loss })
	mean.Accuracy = pick(func(m Metrics) float64 { return m.Accuracy })
	numbers := make([]Number, len(all))
	pickNumber := func(of func(Metrics) Number) (n Number) {
		for i, m := range all {
			numbers[i] = of(m)
		}
		if err == nil {
			n, err = meanNumber(api, numbers)
		}
		return n
	}
	mean.Seconds = pickNumber(func(m Metrics) Number { return m.Seconds })
	mean.Total = pickNumber(func(m Metrics) Number { return m.Total })
	return mean, err
}

// meanNumber averages numbers. As in the published APIs the result is missing if
// the first one is, and it is an error if only later ones are.
func meanNumber(api API, numbers []Number) (Number, error) {
	if len(numbers) == 0 || !numbers[0].OK {
		return Number{}, nil
	}
	values := make([]float64, len(numbers))
	for i, n := range numbers {
		if !n.OK {
			return Number{}, fmt.Errorf("some trials have times, some have none: %w", ErrMixed)
		}
		values[i] = n.Value
	}
	return NumberOf(api.mean(values)), nil
}

// Metrics gives the chosen trial's metrics, or the means over all trials, on a
// set of a dataset. The set may be data.Train.
func (r *Results) Metrics(api API, d data.Dataset, set data.Set, at At) (Metrics, error) {
	s, err := r.Snapshots(d, at.Epoch)
	if err != nil {
		return Metrics{}, err
	}
	return s.Metrics(api, set, at.Choice)
}

// OnDataset says of which architecture and dataset an error is.
func OnDataset(index int, d data.Dataset, err error) error {
	if err != nil {
		err = fmt.Errorf("architecture %d on %v: %w", index, d, err)
	}
	return err
}

// MarshalJSON writes the keys of the published APIs in their order.
func (m Metrics) MarshalJSON() ([]byte, error) { return m.Fields().MarshalJSON() }

// Fields gives the dict of the published APIs.
func (m Metrics) Fields() Fields {
	return Fields{
		{"iepoch", m.Epoch},
		{"loss", NumberOf(m.Loss)},
		{"accuracy", NumberOf(m.Accuracy)},
		{"cur_time", m.Seconds},
		{"all_time", m.Total},
	}
}
