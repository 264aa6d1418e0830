package trials

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"cellnet/bench"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/pickle"
	"cellnet/internal/torchfile"
	"cellnet/train"
)

// trialFile is a trial file without its tensors.
type trialFile struct {
	path      string
	item      Item // StandsFor as the file says
	trials    []*bench.Trial
	standsFor []int
}

// readTrialFile reads what a trial file records. It takes files of this program and
// of the published one, since that notes times.
func readTrialFile(path string) (*trialFile, error) {
	item, ok := parseFileName(filepath.Base(path))
	if !ok {
		return nil, fmt.Errorf("reading %s: the name is not that of a trial file, arch-000157-seed-0777.pth", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a trial file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("reading a trial file: %w", err)
	}
	t := &trialFile{path: path, item: item}
	if err := t.readFrom(f, info.Size()); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return t, nil
}

func (t *trialFile) readFrom(r io.ReaderAt, size int64) error {
	file, err := torchfile.Open(r, size)
	if err != nil {
		return err
	}
	root, ok := file.Value.(*pickle.Dict)
	if !ok {
		return errors.New("not a trial file: its root is no dict")
	}
	return t.read(root)
}

func (t *trialFile) read(root *pickle.Dict) error {
	keys, err := pickle.Field[*pickle.List](root, "all_dataset_keys")
	if err != nil {
		return fmt.Errorf("not a trial file: %w", err)
	}
	for _, key := range *keys {
		name, _ := key.(string)
		d, err := data.ParseDataset(name)
		if err != nil {
			return err
		}
		record, err := pickle.Field[*pickle.Dict](root, name)
		if err != nil {
			return err
		}
		trial, err := t.trial(d, record)
		if err != nil {
			return fmt.Errorf("%v: %w", d, err)
		}
		t.trials = append(t.trials, trial)
	}
	return t.readStandsFor(root)
}

func (t *trialFile) readStandsFor(root *pickle.Dict) error {
	if _, ok := root.Get(train.KeyStandsFor); !ok {
		return nil
	}
	list, err := pickle.Field[*pickle.List](root, train.KeyStandsFor)
	if err != nil {
		return err
	}
	for _, v := range *list {
		index, ok := pickle.Int(v)
		if !ok || index < 0 || index >= cell.SpaceSize {
			return fmt.Errorf("%s has %v, want indexes of architectures", train.KeyStandsFor, v)
		}
		t.standsFor = append(t.standsFor, index)
	}
	return nil
}

// record takes entries out of a dict; the first error stays.
type record struct {
	dict *pickle.Dict
	err  error
}

func (r *record) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func field[T any](r *record, name string) T {
	v, err := pickle.Field[T](r.dict, name)
	if err != nil {
		r.fail("%w", err)
	}
	return v
}

func (r *record) int(name string) int {
	v, _ := r.dict.Get(name)
	n, ok := pickle.Int(v)
	if !ok {
		r.fail("%s is no int", name)
	}
	return n
}

func (r *record) float(name string) float64 {
	v, _ := r.dict.Get(name)
	n, ok := pickle.Float(v)
	if !ok {
		r.fail("%s is no number", name)
	}
	return n
}

// maxEpochs bounds what a record may claim.
const maxEpochs = 1 << 20

func (t *trialFile) trial(d data.Dataset, dict *pickle.Dict) (*bench.Trial, error) {
	r := &record{dict: dict}
	if !field[bool](r, "finish-train") && r.err == nil {
		return nil, fmt.Errorf("the training did not come to its end")
	}
	if _, timed := dict.Get("train_times"); !timed {
		return nil, fmt.Errorf("train_times is missing: the file is of an older program, or no trial file")
	}
	c, err := cell.FromIndex(t.item.Arch)
	if err != nil {
		return nil, err
	}
	trial := bench.Trial{
		Dataset: d, Seed: int(t.item.Seed), Epochs: r.int("total_epoch"), Params: r.float("param"), FLOPs: r.float("flop"), HasWeights: true,
		Net: bench.NetConfig{Channels: r.int("channel"), Cells: r.int("num_cells"), Arch: c.String()},
	}
	config := &record{dict: field[*pickle.Dict](r, "config")}
	if r.err == nil {
		trial.Net.Classes = config.int("class_num")
		r.err = config.err
	}
	if r.err == nil && (trial.Epochs < 1 || trial.Epochs > maxEpochs) {
		r.fail("total_epoch is %d", trial.Epochs)
	}
	if r.err != nil {
		return nil, r.err
	}
	trial.Train = bench.Curves{
		Loss: r.curve("train_losses", trial.Epochs), Top1: r.curve("train_acc1es", trial.Epochs),
		Top5: r.curve("train_acc5es", trial.Epochs), Seconds: r.curve("train_times", trial.Epochs),
	}
	trial.Evals = r.evals(trial.Epochs)
	return bench.NewTrial(trial), r.err
}

// curve reads a number for each epoch.
func (r *record) curve(name string, epochs int) (c bench.Curve) {
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
func (r *record) evals(epochs int) (evals []bench.Eval) {
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
		evals = append(evals, bench.Eval{
			Set: set, Loss: r.evalCurve("valid_losses", set, epochs), Top1: r.evalCurve("valid_acc1es", set, epochs),
			Seconds: r.evalCurve("valid_times", set, epochs),
		})
	}
	if losses.Len() != len(evals)*epochs {
		r.fail("valid_losses has %d numbers, want %d epochs of %d sets", losses.Len(), epochs, len(evals))
	}
	return evals
}

func (r *record) evalCurve(name string, set data.Set, epochs int) (c bench.Curve) {
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
