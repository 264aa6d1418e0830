package record

import (
	"fmt"

	"cellnet/data"
)

// SetLatency sets the latency, in seconds, of the trials on a dataset.
func (r *Results) SetLatency(d data.Dataset, seconds float64) error {
	trials, err := r.On(d)
	for _, t := range trials {
		t.SetLatency(seconds)
	}
	return err
}

// SetTrainTimes gives every epoch of the trials on a dataset the same training
// time in seconds.
func (r *Results) SetTrainTimes(d data.Dataset, seconds float64) error {
	trials, err := r.On(d)
	for _, t := range trials {
		t.SetTrainTimes(seconds)
	}
	return err
}

// SetEvalTimes gives every epoch of the trials on a dataset the same time, in
// seconds, for evaluating a set.
func (r *Results) SetEvalTimes(d data.Dataset, set data.Set, seconds float64) error {
	trials, err := r.On(d)
	for _, t := range trials {
		if err := t.SetEvalTimes(set, seconds); err != nil {
			return err
		}
	}
	return err
}

// SetLatency sets the latency in seconds.
func (t *Trial) SetLatency(seconds float64) {
	t.Latency, t.Dialect.NumPyLatency = []float64{seconds}, false
}

// SetTrainTimes gives every epoch the same training time in seconds.
func (t *Trial) SetTrainTimes(seconds float64) {
	t.Train.Seconds, t.Dialect.OrderedTimes = constant(seconds, t.Epochs), true
}

// SetEvalTimes gives every epoch the same time, in seconds, for evaluating a
// set.
func (t *Trial) SetEvalTimes(set data.Set, seconds float64) error {
	e, ok := t.Eval(set)
	if !ok {
		return fmt.Errorf("%v was not evaluated: %w", set, ErrMissing)
	}
	e.Seconds = constant(seconds, t.Epochs)
	return nil
}
