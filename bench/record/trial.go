package record

import (
	"fmt"
	"slices"
	"strings"

	"cellnet/data"
)

// MaxEpochs bounds the epochs of a trial that is read from a file.
const MaxEpochs = 1 << 14

// Trial is what one training of one architecture recorded.
type Trial struct {
	Dataset data.Dataset
	Seed    int
	Epochs  int
	Net     NetConfig
	Params  float64   // parameters in millions
	FLOPs   float64   // multiply-accumulates in millions
	Latency []float64 // seconds of evaluation batches; nil if it was not measured
	Train   Curves
	Evals   []Eval // in the order in which the sets are listed

	// HasWeights reports whether the file that the trial comes from holds the
	// trained weights.
	HasWeights bool

	Dialect Dialect
}

// Curves are the measurements of every epoch of a training.
type Curves struct {
	Loss    Curve // mean cross entropy
	Top1    Curve // accuracy in percent
	Top5    Curve // accuracy in percent; many trials have none
	Seconds Curve // of the epoch's batches; some trials have none
}

// Eval are the measurements on one evaluation set. Old trials have some sets'
// losses and accuracies at the last epoch only.
type Eval struct {
	Set     data.Set
	Loss    Curve // mean cross entropy
	Top1    Curve // accuracy in percent
	Seconds Curve // of the set's batches; some trials have none
}

// Eval gives the measurements on a set.
func (t *Trial) Eval(set data.Set) (*Eval, bool) {
	for i := range t.Evals {
		if t.Evals[i].Set == set {
			return &t.Evals[i], true
		}
	}
	return nil, false
}

// Sets lists the evaluation sets.
func (t *Trial) Sets() []data.Set {
	sets := make([]data.Set, len(t.Evals))
	for i, e := range t.Evals {
		sets[i] = e.Set
	}
	return sets
}

// Metrics gives the numbers on a set, which may be data.Train.
func (t *Trial) Metrics(set data.Set, epoch Epoch) (Metrics, error) {
	e, err := epoch.of(t.Epochs)
	if err != nil {
		return Metrics{}, err
	}
	loss, top1, seconds, timed := t.Train.Loss, t.Train.Top1, t.Train.Seconds, t.Train.Seconds.Len() > 0
	if set != data.Train {
		var of Eval
		if found, ok := t.Eval(set); ok {
			of = *found
		}
		loss, top1, seconds, timed = of.Loss, of.Top1, of.Seconds, t.timesEvals()
	}
	s := SetSnapshot{Loss: loss.NumberAt(e), Accuracy: top1.NumberAt(e)}
	if timed {
		if s.Seconds, s.Total = seconds.Elapsed(e); !s.Total.OK {
			return Metrics{}, missing(set, e)
		}
	}
	return s.metrics(set, e)
}

// timesEvals reports whether any evaluation was timed. If one was, all are
// expected to be.
func (t *Trial) timesEvals() bool {
	return slices.ContainsFunc(t.Evals, func(e Eval) bool { return e.Seconds.Len() > 0 })
}

// LastEpochTellsAll reports whether the numbers of the last epoch tell what there
// is of the curves: training is timed at every epoch or at none, the evaluations
// likewise, every set is evaluated at the last epoch, and no curve goes
// backwards.
func (t *Trial) LastEpochTellsAll() bool {
	timed := func(c Curve) bool {
		_, ok := c.Upto(t.Epochs - 1)
		return ok
	}
	if t.Train.Seconds.Len() > 0 && !timed(t.Train.Seconds) {
		return false
	}
	for _, c := range []Curve{t.Train.Loss, t.Train.Top1, t.Train.Top5, t.Train.Seconds} {
		if !slices.IsSorted(c.Epochs) {
			return false
		}
	}
	timesEvals := t.timesEvals()
	for _, e := range t.Evals {
		if !slices.IsSorted(e.Loss.Epochs) || !slices.IsSorted(e.Top1.Epochs) || !slices.IsSorted(e.Seconds.Epochs) {
			return false
		}
		_, ok := e.Top1.At(t.Epochs - 1)
		if !ok || timesEvals && !timed(e.Seconds) {
			return false
		}
	}
	return true
}

func missing(set data.Set, epoch int) error {
	return fmt.Errorf("%v at epoch %d: %w", set, epoch, ErrMissing)
}

// MeanLatency is the mean of Latency in seconds.
func (t *Trial) MeanLatency() Number {
	if len(t.Latency) == 0 {
		return Number{}
	}
	return NumberOf(plainSum(t.Latency) / float64(len(t.Latency)))
}

// String gives the line that the published APIs print for a trial.
func (t *Trial) String() string {
	names := make([]string, len(t.Evals))
	for i, e := range t.Evals {
		names[i] = e.Set.String()
	}
	return fmt.Sprintf("ResultsCount(%v, arch=%s, FLOP=%sM, Param=%sMB, seed=%s, %d eval-sets: [%s])",
		t.Dataset, t.Net.ArchString, fixed(t.FLOPs, 0, 2), fixed(t.Params, 0, 3), t.Dialect.SeedText(t.Seed), len(t.Evals), strings.Join(names, ", "))
}

// Clone copies the trial.
func (t *Trial) Clone() *Trial {
	c := *t
	c.Latency = slices.Clone(t.Latency)
	c.Train = Curves{t.Train.Loss.clone(), t.Train.Top1.clone(), t.Train.Top5.clone(), t.Train.Seconds.clone()}
	c.Evals = slices.Clone(t.Evals)
	for i, e := range t.Evals {
		c.Evals[i] = Eval{e.Set, e.Loss.clone(), e.Top1.clone(), e.Seconds.clone()}
	}
	return &c
}
