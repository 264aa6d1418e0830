package bench

import (
	"fmt"
	"iter"
	"math"
	"slices"

	"cellnet/bench/builtin"
	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/cell"
	"cellnet/data"
)

// BuiltinName is what Open takes for the built-in results; a file of that name is
// ./builtin.
const BuiltinName = "builtin"

// OpenBuiltin gives the benchmark that is inside of the program: the accuracies of
// all cells after the last epoch of 12 and of 200, and the times of training. Its
// costs are those of the formulas. Of losses and accuracies on training images,
// times of evaluation and latencies it has none; what it lacks is an error that
// wraps ErrMissing, or NaN beside what it has.
func OpenBuiltin() (*Benchmark, error) {
	t, err := builtin.Load()
	if err != nil {
		return nil, err
	}
	return newBenchmark(BuiltinName, record.Builtin, builtinSource{table: t}), nil
}

// IsBuiltin tells whether the benchmark is the one inside of the program.
func (b *Benchmark) IsBuiltin() bool { return b.layout == record.Builtin }

// builtinSource makes what is asked for of the built-in table. Unlike a file it has
// some numbers as means over trials only.
type builtinSource struct {
	source.NoFile
	table *builtin.Table
}

// errNotBuiltin says where the rest is.
func errNotBuiltin(what string) error {
	return fmt.Errorf("the built-in table has no %s, the file NATS-tss-v1_0-3ffb9 has: %w", what, ErrMissing)
}

func (builtinSource) ArchStrings() ([]string, error) { return record.ArchStrings(record.Topology), nil }

func (s builtinSource) Indexes() []int {
	all := make([]int, s.len())
	for i := range all {
		all[i] = i
	}
	return all
}

func (builtinSource) len() int                    { return cell.SpaceSize }
func (s builtinSource) Has(index int) bool        { return index >= 0 && index < s.len() }
func (s builtinSource) Evaluated() ([]int, error) { return s.Indexes(), nil }
func (s builtinSource) HPs(int) ([]record.HP, error) {
	return []record.HP{record.HP12, record.HP200}, nil
}
func (s builtinSource) Architecture(int) (*record.Architecture, error) {
	return nil, errNotBuiltin("whole records")
}

func (s builtinSource) All() iter.Seq2[*record.Architecture, error] {
	return func(yield func(*record.Architecture, error) bool) { yield(s.Architecture(0)) }
}

// seeds lists the trials of an architecture.
func (s builtinSource) seeds(index int, d data.Dataset, hp record.HP) ([]int, error) {
	switch {
	case !s.Has(index):
		return nil, source.ErrNotStored
	case hp != record.HP12 && hp != record.HP200:
		return nil, record.NoRecipe(index, hp, []record.HP{record.HP12, record.HP200})
	case !slices.Contains([]data.Dataset{data.CIFAR10Valid, data.CIFAR10, data.CIFAR100, data.ImageNet16}, d):
		return nil, &record.NoTrialError{Index: index, Dataset: d}
	case hp == record.HP200:
		return s.table.Seeds(index), nil
	case d == data.CIFAR10Valid:
		return []int{111, 777}, nil
	}
	return []int{111}, nil
}

// Trials gives trials without scores.
func (s builtinSource) Trials(index int, q source.Query) ([]*record.Trial, error) {
	if q.Parts&source.Scores != 0 {
		return nil, errNotBuiltin("curves of single trials")
	}
	seeds, err := s.seeds(index, q.Dataset, q.HP)
	if err != nil {
		return nil, err
	}
	cost, _ := builtin.Network(index, q.Dataset)
	arch, err := cell.FromIndex(index)
	if err != nil {
		return nil, err
	}
	var trials []*record.Trial
	for _, seed := range seeds {
		t := &record.Trial{
			Dataset: q.Dataset, Seed: seed, Epochs: int(q.HP), FLOPs: cost.FLOPs, Params: cost.Params,
			Net:   record.NetConfig{Channels: 16, Cells: 5, ArchString: arch.String(), Classes: q.Dataset.Classes()},
			Train: record.Curves{Seconds: record.Curve{Values: slices.Repeat([]float64{s.table.EpochSeconds(index, q.Dataset)}, int(q.HP))}},
		}
		for _, set := range q.Dataset.EvaluationSets() {
			t.Evals = append(t.Evals, record.Eval{Set: set})
		}
		trials = append(trials, t)
	}
	return trials, nil
}

// Snapshots gives the trials at the last epoch.
func (s builtinSource) Snapshots(index int, q source.Query) (record.Snapshots, error) {
	all := record.Snapshots{Index: index, Dataset: q.Dataset}
	seeds, err := s.seeds(index, q.Dataset, q.HP)
	if err != nil {
		return all, err
	}
	if !q.Epoch.IsLast() && q.Epoch != record.AtEpoch(int(q.HP)-1) {
		return all, errNotBuiltin("epochs before the last")
	}
	if q.Only == data.Train {
		return all, errNotBuiltin("accuracies on training images")
	}
	cost, _ := builtin.Network(index, q.Dataset)
	epoch := s.table.EpochSeconds(index, q.Dataset)
	for _, seed := range seeds {
		t := record.Snapshot{Seed: seed, Epochs: int(q.HP), At: q.Epoch, FLOPs: cost.FLOPs, Params: cost.Params}
		t.Sets[data.Train] = record.SetSnapshot{
			Loss: record.NumberOf(math.NaN()), Accuracy: record.NumberOf(math.NaN()),
			Seconds: record.NumberOf(epoch), Total: record.NumberOf(epoch * float64(q.HP)), Recorded: true, Timed: true,
		}
		for _, set := range q.Dataset.EvaluationSets() {
			t.Sets[set] = s.accuracy(index, q.Dataset, set, q.HP, seed)
		}
		all.Trials = append(all.Trials, t)
	}
	return all, nil
}

// accuracy gives a trial's accuracy on a set or, where that is not known, the mean
// over trials.
func (s builtinSource) accuracy(index int, d data.Dataset, set data.Set, hp record.HP, seed int) record.SetSnapshot {
	known := record.SetSnapshot{Loss: record.NumberOf(math.NaN()), Recorded: true}
	if single := d.EvaluationSets(); hp == record.HP200 && (d == data.CIFAR10Valid && set == data.XValid || set == data.OriTest && slices.Contains(single, data.XTest)) {
		if a, ok := s.table.Trial(index, d, seed); ok {
			known.Accuracy = record.NumberOf(a)
			return known
		}
	}
	a, ok := s.table.Accuracy(index, d, set, int(hp))
	if !ok {
		return record.SetSnapshot{Recorded: true}
	}
	known.Accuracy = record.NumberOf(a)
	known.MeanOnly = hp == record.HP200 || d == data.CIFAR10Valid
	return known
}

func (s builtinSource) AllSnapshots(q source.Query) iter.Seq2[record.Snapshots, error] {
	return func(yield func(record.Snapshots, error) bool) {
		for index := range s.len() {
			if !yield(s.Snapshots(index, q)) {
				return
			}
		}
	}
}
