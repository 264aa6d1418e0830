package trialfile

import (
	"fmt"
	"io"

	"cellnet/bench/record"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/atomicfile"
	"cellnet/internal/pickle"
	"cellnet/internal/statetree"
	"cellnet/internal/torchfile"
	"cellnet/weights"
)

// Contents is what is written into a trial file.
type Contents struct {
	Info      string // on the machine and the program
	Trainings []Training
	// StandsFor lists the indexes of other architectures that compute the same
	// function and were not trained for that. The published program has no such
	// entry.
	StandsFor []int
	// Kernels names what computed the trainings, such as avx2, in the order of their
	// use. The published program has no such entry.
	Kernels []string
}

// Training is what the training on one dataset left.
type Training struct {
	Trial     record.Trial // of which Seed and Latency are not written
	EvalTop5  map[data.Set]record.Curve
	Recipe    []Setting // in the published order
	Rates     []float64 // the learning rate of each epoch, of the size search space
	Side      int       // of the images
	Structure string    // what the network is made of, in words
	Weights   *weights.StateDict
}

// Setting is an entry of a recipe: a text, a number, a bool, or a slice of ints or
// floats.
type Setting struct {
	Key   string
	Value any
}

// WriteFile writes a trial file as the published training program does, except
// that all numbers are plain ones of Python's: torch.load takes the file with
// weights_only, too. format is weights.Legacy or weights.Zip.
func WriteFile(path string, c Contents, format weights.Format) error {
	container, err := containerOf(format)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	root, err := c.tree()
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return atomicfile.Write(path, func(w io.Writer) error { return torchfile.Write(w, root, container) })
}

func containerOf(format weights.Format) (torchfile.Format, error) {
	switch format {
	case weights.Legacy:
		return torchfile.Legacy, nil
	case weights.Zip:
		return torchfile.Zip, nil
	}
	return 0, fmt.Errorf("trial files have no format %v, want %v or %v", format, weights.Legacy, weights.Zip)
}

func (c Contents) tree() (*pickle.Dict, error) {
	root, keys := new(pickle.Dict), new(pickle.List)
	root.Set(keyInfo, c.Info)
	for _, t := range c.Trainings {
		tree, err := t.tree()
		if err != nil {
			return nil, fmt.Errorf("%v: %w", t.Trial.Dataset, err)
		}
		root.Set(t.Trial.Dataset.String(), tree)
		keys.Append(t.Trial.Dataset.String())
	}
	root.Set(keyDatasets, keys)
	if len(c.StandsFor) > 0 {
		root.Set(keyStandsFor, listOf(c.StandsFor))
	}
	if len(c.Kernels) > 0 {
		root.Set(keyKernels, listOf(c.Kernels))
	}
	return root, nil
}

// tree gives the record in the form that its search space's published collecting
// program reads: the older one for topology, the newer one for size.
func (t Training) tree() (*pickle.Dict, error) {
	network, err := statetree.Of(t.Weights)
	if err != nil {
		return nil, err
	}
	newer := t.Trial.Net.Space() == cell.Size
	tree := new(pickle.Dict)
	tree.Set("flop", t.Trial.FLOPs)
	tree.Set("param", t.Trial.Params)
	if newer {
		tree.Set("arch_config", t.archConfig())
		tree.Set("opt_config", t.config())
	} else {
		tree.Set("channel", t.Trial.Net.Channels)
		tree.Set("num_cells", t.Trial.Net.Cells)
		tree.Set("config", t.config())
	}
	tree.Set("total_epoch", t.Trial.Epochs)
	tree.Set("train_losses", epochs(t.Trial.Train.Loss))
	tree.Set("train_acc1es", epochs(t.Trial.Train.Top1))
	tree.Set("train_acc5es", epochs(t.Trial.Train.Top5))
	tree.Set("train_times", epochs(t.Trial.Train.Seconds))
	tree.Set("valid_losses", t.evals(func(e record.Eval) record.Curve { return e.Loss }))
	tree.Set("valid_acc1es", t.evals(func(e record.Eval) record.Curve { return e.Top1 }))
	tree.Set("valid_acc5es", t.evals(func(e record.Eval) record.Curve { return t.EvalTop5[e.Set] }))
	tree.Set("valid_times", t.evals(func(e record.Eval) record.Curve { return e.Seconds }))
	if newer {
		tree.Set("learning_rates", epochs(record.Curve{Values: t.Rates}))
	}
	tree.Set("net_state_dict", network)
	tree.Set("net_string", t.Structure)
	tree.Set("finish-train", true)
	return tree, nil
}

// archConfig is the config record of a network of widths.
func (t Training) archConfig() *pickle.Dict {
	tree := &pickle.Dict{Ordered: true}
	tree.Set("name", cell.InferShapeTiny)
	tree.Set("channels", t.Trial.Net.ArchString)
	tree.Set("genotype", t.Trial.Net.Genotype)
	tree.Set("num_classes", t.Trial.Net.Classes)
	return tree
}

// config is the recipe with what the published program adds to it.
func (t Training) config() *pickle.Dict {
	tree := &pickle.Dict{Ordered: true}
	for _, s := range t.Recipe {
		switch v := s.Value.(type) {
		case []int:
			tree.Set(s.Key, listOf(v))
		case []float64:
			tree.Set(s.Key, listOf(v))
		default:
			tree.Set(s.Key, v)
		}
	}
	tree.Set("class_num", t.Trial.Net.Classes)
	tree.Set("xshape", pickle.NewTuple(1, 3, t.Side, t.Side))
	return tree
}

func epochs(c record.Curve) *pickle.Dict {
	tree := new(pickle.Dict)
	for epoch, v := range c.Values {
		tree.Set(epoch, v)
	}
	return tree
}

// evals gives a number for each epoch and set.
func (t Training) evals(of func(record.Eval) record.Curve) *pickle.Dict {
	tree := new(pickle.Dict)
	for epoch := range t.Trial.Epochs {
		for _, e := range t.Trial.Evals {
			if v, ok := of(e).At(epoch); ok {
				tree.Set(evalKey(e.Set, epoch), v)
			}
		}
	}
	return tree
}

func listOf[T any](values []T) *pickle.List {
	list := new(pickle.List)
	for _, v := range values {
		list.Append(v)
	}
	return list
}
