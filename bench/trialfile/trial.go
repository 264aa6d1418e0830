package trialfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cellnet/bench/record"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/pickle"
)

// fields takes entries out of a dict; the first error stays.
type fields struct {
	dict *pickle.Dict
	err  error
}

func (r *fields) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func field[T any](r *fields, name string) T {
	v, err := pickle.Field[T](r.dict, name)
	if err != nil {
		r.fail("%w", err)
	}
	return v
}

func (r *fields) has(name string) bool {
	_, ok := r.dict.Get(name)
	return ok
}

// first gives the first of some names that there is, or the last of them.
func (r *fields) first(names ...string) string {
	for _, name := range names {
		if r.has(name) {
			return name
		}
	}
	return names[len(names)-1]
}

func (r *fields) int(name string) int {
	v, _ := r.dict.Get(name)
	n, ok := pickle.Int(v)
	if !ok {
		r.fail("%s is no int", name)
	}
	return n
}

func (r *fields) float(name string) float64 {
	v, _ := r.dict.Get(name)
	n, ok := pickle.Float(v)
	if !ok {
		r.fail("%s is no number", name)
	}
	return n
}

// within gives the fields of a dict in an entry.
func (r *fields) within(name string) *fields {
	dict := field[*pickle.Dict](r, name)
	if dict == nil {
		dict = new(pickle.Dict)
	}
	return &fields{dict: dict}
}

func (f *File) trial(d data.Dataset, dict *pickle.Dict) (*record.Trial, error) {
	r := &fields{dict: dict}
	if !field[bool](r, "finish-train") && r.err == nil {
		return nil, errors.New("the training did not come to its end: resume it, or leave the file out")
	}
	if !r.has("train_times") {
		return nil, errors.New("train_times is missing: want a trial file as `cellnet generate` or the published training program writes it")
	}
	trial := &record.Trial{
		Dataset: d, Seed: f.Seed, Epochs: r.int("total_epoch"), Params: r.float("param"), FLOPs: r.float("flop"), HasWeights: true,
	}
	if r.has("arch_config") {
		trial.Net = f.newerNet(r)
	} else {
		trial.Net = f.olderNet(r)
	}
	if r.err == nil && (trial.Epochs < 1 || trial.Epochs > record.MaxEpochs) {
		r.fail("total_epoch is %d", trial.Epochs)
	}
	if r.err != nil {
		return nil, r.err
	}
	trial.Train = record.Curves{
		Loss: r.curve("train_losses", trial.Epochs), Top1: r.curve("train_acc1es", trial.Epochs),
		Top5: r.curve("train_acc5es", trial.Epochs), Seconds: r.curve("train_times", trial.Epochs),
	}
	trial.Evals = r.evals(trial.Epochs)
	if trial.Net.Space() == cell.Size {
		slices.SortStableFunc(trial.Evals, inCollectedOrder)
	}
	return trial, r.err
}

// olderNet reads the network of a record of the older form. The name of the file
// tells its cell.
func (f *File) olderNet(r *fields) record.NetConfig {
	net := record.NetConfig{Channels: r.int("channel"), Cells: r.int("num_cells"), ArchString: f.cell(r)}
	config := r.within("config")
	net.Classes = config.int("class_num")
	if r.err == nil {
		r.err = config.err
	}
	return net
}

// newerNet reads that of a record of the newer form, in either search space.
func (f *File) newerNet(r *fields) (net record.NetConfig) {
	config := r.within("arch_config")
	net.Classes = config.int(config.first("num_classes", "class_num"))
	if config.has("channels") {
		net.ArchString, net.Genotype = field[string](config, "channels"), field[string](config, "genotype")
		if arch, err := cell.Size.Arch(f.Arch); config.err == nil && (err != nil || arch.String() != net.ArchString) {
			config.fail("arch_config is of %.100q, but the name of the file of %v", net.ArchString, arch)
		}
	} else {
		net.Channels, net.Cells = config.int(config.first("C", "channel")), config.int(config.first("N", "num_cells"))
		net.ArchString = f.cell(r)
		told, err := pickle.Field[string](config.dict, config.first("genotype", "arch_str"))
		if c, parseErr := cell.Parse(told); err == nil && (parseErr != nil || c.String() != net.ArchString) {
			config.fail("arch_config is of %.100q, but the name of the file of %s", told, net.ArchString)
		}
	}
	if r.err == nil {
		r.err = config.err
	}
	return net
}

// cell gives the arch string of the cell whose index is in the name.
func (f *File) cell(r *fields) string {
	c, err := cell.FromIndex(f.Arch)
	if err != nil {
		r.fail("%w", err)
		return ""
	}
	return c.String()
}

// curve reads a number for each epoch.
func (r *fields) curve(name string, epochs int) (c record.Curve) {
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
func (r *fields) evals(epochs int) (evals []record.Eval) {
	losses := field[*pickle.Dict](r, "valid_losses")
	if r.err != nil {
		return nil
	}
	for key := range losses.All() {
		text, _ := key.(string)
		name, epoch, _ := strings.Cut(text, "@")
		if epoch != "0" {
			continue
		}
		set, err := data.ParseSet(name)
		if err != nil {
			r.fail("valid_losses: %w", err)
			return nil
		}
		evals = append(evals, record.Eval{
			Set: set, Loss: r.evalCurve("valid_losses", set, epochs), Top1: r.evalCurve("valid_acc1es", set, epochs),
			Seconds: r.evalCurve("valid_times", set, epochs),
		})
	}
	if losses.Len() != len(evals)*epochs {
		r.fail("valid_losses has %d numbers, want %d epochs of %d sets", losses.Len(), epochs, len(evals))
	}
	return evals
}

// inCollectedOrder is the order of the sets in the collected files of the size space.
// Those of the topology space have no order in common.
func inCollectedOrder(a, b record.Eval) int {
	order := []data.Set{data.XValid, data.XTest, data.OriTest}
	return slices.Index(order, a.Set) - slices.Index(order, b.Set)
}

func (r *fields) evalCurve(name string, set data.Set, epochs int) (c record.Curve) {
	dict := field[*pickle.Dict](r, name)
	if r.err != nil {
		return c
	}
	for epoch := range epochs {
		key := evalKey(set, epoch)
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

// evalKey names an epoch of an evaluation set.
func evalKey(set data.Set, epoch int) string { return fmt.Sprintf("%v@%d", set, epoch) }
