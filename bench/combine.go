package bench

import (
	"fmt"

	"cellnet/data"
)

// measured is what answers for a trial: its record, or a summary of it.
type measured interface {
	Metrics(set data.Set, epoch Epoch) (Metrics, error)
	seedOf() int
}

// seedsOfTrials lists the trials' seeds.
func seedsOfTrials[T measured](trials []T) []int {
	seeds := make([]int, len(trials))
	for i, t := range trials {
		seeds[i] = t.seedOf()
	}
	return seeds
}

// metricsOf gives the metrics of the chosen one of some trials, or their means.
// It is an error if any of the trials lacks them, also when another is chosen.
func metricsOf[T measured](api API, trials []T, set data.Set, epoch Epoch, choice Choice) (Metrics, error) {
	if len(trials) == 0 {
		return Metrics{}, fmt.Errorf("no trials: %w", ErrMissing)
	}
	all := make([]Metrics, len(trials))
	for i, t := range trials {
		m, err := t.Metrics(set, epoch)
		if err != nil {
			return Metrics{}, err
		}
		all[i] = m
	}
	place, single, err := choice.pick(seedsOfTrials(trials))
	if err != nil {
		return Metrics{}, err
	}
	if single {
		return all[place], nil
	}
	return meanMetrics(api, all)
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
	return number(api.mean(values)), nil
}

// Metrics gives the chosen trial's metrics, or the means over all trials, on a
// set of a dataset. The set may be data.Train.
func (r *Results) Metrics(api API, d data.Dataset, set data.Set, epoch Epoch, choice Choice) (Metrics, error) {
	trials, err := r.On(d)
	if err != nil {
		return Metrics{}, err
	}
	m, err := metricsOf(api, trials, set, epoch, choice)
	return m, onDataset(r.Index, d, err)
}

// onDataset says of which architecture and dataset an error is.
func onDataset(index int, d data.Dataset, err error) error {
	if err != nil {
		err = fmt.Errorf("architecture %d on %v: %w", index, d, err)
	}
	return err
}
