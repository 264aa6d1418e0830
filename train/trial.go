package train

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"cellnet/bench"
	"cellnet/internal/atomicfile"
	"cellnet/internal/pickle"
	"cellnet/internal/torchfile"
	"cellnet/weights"
)

// Trial is what training one architecture with one seed left, on some datasets.
type Trial struct {
	Info     string // on the machine and the program
	Datasets []DatasetTrial
	// StandsFor lists the indexes of other architectures that compute the same
	// function and were not trained for that.
	StandsFor []int
}

// DatasetTrial is what the training on one dataset left.
type DatasetTrial struct {
	Run     Run
	History []Epoch
	Weights *weights.StateDict
}

// Trial returns what the training left; it must have come to its end.
func (t *Trainer) Trial() (DatasetTrial, error) {
	if done, want := t.state.epoch, t.run.Recipe.TotalEpochs(); done < want {
		return DatasetTrial{}, fmt.Errorf("training is at epoch %d of %d", done, want)
	}
	return DatasetTrial{t.run, t.state.history, t.params.StateDict()}, nil
}

// WriteTrial writes a trial as the published training program does
// (AutoDL-Projects, exps/NAS-Bench-201/functions.py), except that all numbers are
// plain ones of Python's: torch.load takes the file with weights_only, too.
func WriteTrial(path string, t Trial, format torchfile.Format) error {
	root := new(pickle.Dict)
	root.Set("info", t.Info)
	keys := new(pickle.List)
	for _, d := range t.Datasets {
		tree, err := d.tree()
		if err != nil {
			return fmt.Errorf("writing %s: %v: %w", path, d.Run.Dataset, err)
		}
		root.Set(d.Run.Dataset.String(), tree)
		keys.Append(d.Run.Dataset.String())
	}
	root.Set("all_dataset_keys", keys)
	if len(t.StandsFor) > 0 {
		indexes := new(pickle.List)
		for _, index := range t.StandsFor {
			indexes.Append(index)
		}
		root.Set(KeyStandsFor, indexes)
	}
	return atomicfile.Write(path, func(w io.Writer) error { return torchfile.Write(w, root, format) })
}

// KeyStandsFor is the one entry of a trial file that the published program does
// not write: Trial.StandsFor.
const KeyStandsFor = bench.KeyStandsFor

// tree gives the record as the published program writes it.
func (d DatasetTrial) tree() (*pickle.Dict, error) {
	network, err := d.Weights.Tree()
	if err != nil {
		return nil, err
	}
	channels, cells, ok := d.Run.Net.Stages()
	if !ok {
		return nil, fmt.Errorf("a network of widths %v has no record of C and N", d.Run.Net.Widths)
	}
	cost := d.Run.Net.Cost(d.Run.Dataset.Side())
	tree := new(pickle.Dict)
	tree.Set("flop", cost.FLOPs)
	tree.Set("param", cost.Params)
	tree.Set("channel", channels)
	tree.Set("num_cells", cells)
	tree.Set("config", configTree(d.Run))
	tree.Set("total_epoch", d.Run.Recipe.TotalEpochs())
	for _, m := range measures() {
		tree.Set("train_"+m.name, epochTree(d.History, m.of))
	}
	for _, m := range measures() {
		tree.Set("valid_"+m.name, evaluationTree(d.History, m.of))
	}
	tree.Set("net_state_dict", network)
	tree.Set("net_string", structureText(d.Run))
	tree.Set("finish-train", true)
	return tree, nil
}

// measure is a number that is recorded of every epoch.
type measure struct {
	name string
	of   func(Metrics) float64
}

// measures lists them in the published order.
func measures() []measure {
	return []measure{
		{"losses", func(m Metrics) float64 { return m.Loss }},
		{"acc1es", func(m Metrics) float64 { return m.Top1 }},
		{"acc5es", func(m Metrics) float64 { return m.Top5 }},
		{"times", func(m Metrics) float64 { return m.Seconds }},
	}
}

func epochTree(history []Epoch, of func(Metrics) float64) *pickle.Dict {
	tree := new(pickle.Dict)
	for _, e := range history {
		tree.Set(e.Epoch, of(e.Train))
	}
	return tree
}

func evaluationTree(history []Epoch, of func(Metrics) float64) *pickle.Dict {
	tree := new(pickle.Dict)
	for _, e := range history {
		byName := slices.SortedFunc(slices.Values(e.Evaluations), func(a, b Evaluation) int {
			return strings.Compare(a.Set.String(), b.Set.String())
		})
		for _, evaluation := range byName {
			tree.Set(fmt.Sprintf("%v@%d", evaluation.Set, e.Epoch), of(evaluation.Metrics))
		}
	}
	return tree
}

// configTree is the recipe with what the published program adds to it.
func configTree(run Run) *pickle.Dict {
	tree := &pickle.Dict{Ordered: true}
	for _, s := range run.Recipe.settings() {
		switch v := s.value.(type) {
		case []int:
			tree.Set(s.key, listOf(v))
		case []float64:
			tree.Set(s.key, listOf(v))
		default:
			tree.Set(s.key, v)
		}
	}
	side := run.Dataset.Side()
	tree.Set("class_num", run.Net.Classes)
	tree.Set("xshape", pickle.NewTuple(1, 3, side, side))
	return tree
}

func listOf[T any](values []T) *pickle.List {
	list := new(pickle.List)
	for _, v := range values {
		list.Append(v)
	}
	return list
}

// structureText is a line for each block of the network.
func structureText(run Run) string {
	var b strings.Builder
	channels, cells, _ := run.Net.Stages()
	fmt.Fprintf(&b, "%v C=%d N=%d\n", run.Net.Cell, channels, cells)
	for _, l := range run.Net.Layers(run.Dataset.Side()) {
		fmt.Fprintf(&b, "%s: %s, %d x %d x %d\n", l.Name, l.Block, l.Output[0], l.Output[1], l.Output[2])
	}
	return b.String()
}
