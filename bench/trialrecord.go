package bench

import (
	"errors"
	"fmt"
	"strings"

	"cellnet/bench/record"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/pickle"
)

// trialRecord takes entries out of a dict; the first error stays.
type trialRecord struct {
	dict *pickle.Dict
	err  error
}

func (r *trialRecord) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func field[T any](r *trialRecord, name string) T {
	v, err := pickle.Field[T](r.dict, name)
	if err != nil {
		r.fail("%w", err)
	}
	return v
}

func (r *trialRecord) int(name string) int {
	v, _ := r.dict.Get(name)
	n, ok := pickle.Int(v)
	if !ok {
		r.fail("%s is no int", name)
	}
	return n
}

func (r *trialRecord) float(name string) float64 {
	v, _ := r.dict.Get(name)
	n, ok := pickle.Float(v)
	if !ok {
		r.fail("%s is no number", name)
	}
	return n
}

func (f *TrialFile) trial(d data.Dataset, dict *pickle.Dict) (*Trial, error) {
	r := &trialRecord{dict: dict}
	if !field[bool](r, "finish-train") && r.err == nil {
		return nil, errors.New("the training did not come to its end: resume it, or leave the file out")
	}
	if _, timed := dict.Get("train_times"); !timed {
		return nil, errors.New("train_times is missing: want a trial file as `cellnet generate` or the published training program writes it")
	}
	c, err := cell.FromIndex(f.Arch)
	if err != nil {
		return nil, err
	}
	trial := Trial{
		Dataset: d, Seed: f.Seed, Epochs: r.int("total_epoch"), Params: r.float("param"), FLOPs: r.float("flop"), HasWeights: true,
		Net: NetConfig{Channels: r.int("channel"), Cells: r.int("num_cells"), ArchString: c.String()},
	}
	config := &trialRecord{dict: field[*pickle.Dict](r, "config")}
	if r.err == nil {
		trial.Net.Classes = config.int("class_num")
		r.err = config.err
	}
	if r.err == nil && (trial.Epochs < 1 || trial.Epochs > record.MaxEpochs) {
		r.fail("total_epoch is %d", trial.Epochs)
	}
	if r.err != nil {
		return nil, r.err
	}
	trial.Train = Curves{
		Loss: r.curve("train_losses", trial.Epochs), Top1: r.curve("train_acc1es", trial.Epochs),
		Top5: r.curve("train_acc5es", trial.Epochs), Seconds: r.curve("train_times", trial.Epochs),
	}
	trial.Evals = r.evals(trial.Epochs)
	return &trial, r.err
}

// curve reads a number for each epoch.
func (r *trialRecord) curve(name string, epochs int) (c Curve) {
	dict := field[*pickle.Dict](r, name)
	if r.err != nil {
		return c
	}
	if dict.Len() != epochs {
		r.fail("%s has %d epochs, want %d", name, dict.Len(), epochs)
		return c
	}
	for epoch := range epochs {
		v, _ := dict.Get(epoch)
		n, ok := pickle.Float(v)
		if !ok {
			r.fail("%s has no number for epoch %d", name, epoch)
			return c
		}
		c.Values = append(c.Values, n)
	}
	return c
}

// evals reads a number for each epoch and set.
func (r *trialRecord) evals(epochs int) (evals []Eval) {
	losses := field[*pickle.Dict](r, "valid_losses")
	if r.err != nil {
		return nil
	}
	for key := range losses.All() {
		name, last, _ := strings.Cut(fmt.Sprint(key), "@")
		if last != "0" {
			continue
		}
		set, err := data.ParseSet(name)
		if err != nil {
			r.fail("valid_losses: %w", err)
			return nil
		}
		evals = append(evals, Eval{
			Set: set, Loss: r.evalCurve("valid_losses", set, epochs), Top1: r.evalCurve("valid_acc1es", set, epochs),
			Seconds: r.evalCurve("valid_times", set, epochs),
		})
	}
	if losses.Len() != len(evals)*epochs {
		r.fail("valid_losses has %d numbers, want %d epochs of %d sets", losses.Len(), epochs, len(evals))
	}
	return evals
}

func (r *trialRecord) evalCurve(name string, set data.Set, epochs int) (c Curve) {
	dict := field[*pickle.Dict](r, name)
	if r.err != nil {
		return c
	}
	for epoch := range epochs {
		key := fmt.Sprintf("%v@%d", set, epoch)
		v, _ := dict.Get(key)
		n, ok := pickle.Float(v)
		if !ok {
			r.fail("%s has no number for %s", name, key)
			return c
		}
		c.Values = append(c.Values, n)
	}
	return c
}
