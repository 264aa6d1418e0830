package train

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cellnet/bench/record"
	"cellnet/bench/trialfile"
	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/data"
	"cellnet/models"
	"cellnet/weights"
)

// Trial is what training one architecture with one seed left, on some datasets.
type Trial struct {
	Space    cell.Space // whose form of records is written
	Info     string     // on the machine and the program
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
	Kernels []models.ISA // that computed it, in the order of their use
}

// Trial returns what the training left; it must have come to its end.
func (t *Trainer) Trial() (DatasetTrial, error) {
	if done, want := t.state.epoch, t.run.Recipe.TotalEpochs(); done < want {
		return DatasetTrial{}, fmt.Errorf("training is at epoch %d of %d", done, want)
	}
	return DatasetTrial{t.run, t.state.history, t.params.StateDict(), t.Kernels()}, nil
}

// WriteTrial writes a trial as the published training program does; see
// trialfile.WriteFile. format is weights.Legacy or weights.Zip.
func WriteTrial(path string, t Trial, format weights.Format) error {
	contents := trialfile.Contents{Info: t.Info, StandsFor: t.StandsFor}
	for _, d := range t.Datasets {
		training, err := d.training(t.Space)
		if err != nil {
			return fmt.Errorf("writing %s: %v: %w", path, d.Run.Dataset, err)
		}
		contents.Trainings = append(contents.Trainings, training)
		for _, isa := range d.Kernels {
			if name := isa.String(); !slices.Contains(contents.Kernels, name) {
				contents.Kernels = append(contents.Kernels, name)
			}
		}
	}
	return trialfile.WriteFile(path, contents, format)
}

// training gives what is recorded of the training on a dataset.
func (d DatasetTrial) training(space cell.Space) (trialfile.Training, error) {
	run, side := d.Run, d.Run.Info().Side
	net, ok := run.Net.(cell.Network)
	if !ok {
		return trialfile.Training{}, fmt.Errorf("records of trials have no form for a network of %s", spec.Name(run.Net))
	}
	config, err := record.NetConfigOf(net, space)
	if err != nil {
		return trialfile.Training{}, err
	}
	cost := run.Net.Cost(side)
	t := trialfile.Training{
		Trial: record.Trial{
			Dataset: run.Dataset, Seed: int(run.Seed), Epochs: run.Recipe.TotalEpochs(), Params: cost.Params, FLOPs: cost.FLOPs,
			Net: config,
		},
		EvalTop5: map[data.Set]record.Curve{}, Side: side, Structure: structureText(net, side), Weights: d.Weights,
	}
	for _, s := range run.Recipe.settings() {
		t.Recipe = append(t.Recipe, trialfile.Setting{Key: s.key, Value: s.value})
	}
	order := func(a, b Evaluation) int { return strings.Compare(a.Set.String(), b.Set.String()) }
	if space == cell.Size {
		order = func(a, b Evaluation) int { return cmp.Compare(sizeRank(a.Set), sizeRank(b.Set)) }
	}
	for i, e := range d.History {
		evaluations := slices.SortedFunc(slices.Values(e.Evaluations), order)
		if i == 0 {
			t.Trial.Evals = make([]record.Eval, len(evaluations))
		}
		if e.Epoch != i || len(evaluations) != len(t.Trial.Evals) {
			return t, fmt.Errorf("epoch %d of the history has %d evaluations, want epoch %d with %d", e.Epoch, len(evaluations), i, len(t.Trial.Evals))
		}
		t.Rates = append(t.Rates, e.Rate)
		train := &t.Trial.Train
		add(&train.Loss, e.Train.Loss)
		add(&train.Top1, e.Train.Top1)
		add(&train.Top5, e.Train.Top5)
		add(&train.Seconds, e.Train.Seconds)
		for k, evaluation := range evaluations {
			eval, m := &t.Trial.Evals[k], evaluation.Metrics
			eval.Set = evaluation.Set
			add(&eval.Loss, m.Loss)
			add(&eval.Top1, m.Top1)
			add(&eval.Seconds, m.Seconds)
			top5 := t.EvalTop5[eval.Set]
			add(&top5, m.Top5)
			t.EvalTop5[eval.Set] = top5
		}
	}
	return t, nil
}

// sizeRank orders sets as records of the size search space list them.
func sizeRank(s data.Set) int {
	return slices.Index([]data.Set{data.OriTest, data.XValid, data.XTest}, s)
}

// add adds the number of the next epoch.
func add(c *record.Curve, v float64) { c.Values = append(c.Values, v) }

// structureText is a line for each block of the network.
func structureText(net cell.Network, side int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v, %s\n", net.Cell, net.Shape())
	for _, l := range net.Layers(side) {
		fmt.Fprintf(&b, "%s: %s, %d x %d x %d\n", l.Name, l.Block, l.Output[0], l.Output[1], l.Output[2])
	}
	return b.String()
}
