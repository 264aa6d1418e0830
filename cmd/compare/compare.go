package main

import (
	"context"
	"fmt"
	"io"

	"cellnet/cell"
)

// comparison is what was measured of a cell.
type comparison struct {
	Arch       cell.Arch `json:"arch"`
	Train      pair      `json:"train"` // images/s
	Eval       pair      `json:"eval"`  // images/s
	TrainRatio float64   `json:"train_ratio"`
	EvalRatio  float64   `json:"eval_ratio"`
	// The shares of cellnet's GFLOP/s, by direct convolution, in the peak.
	TrainShare []float64 `json:"train_share"`
	EvalShare  []float64 `json:"eval_share"`
	// MB. PyTorch trains and evaluates in one process, in both memory formats.
	TrainMemory   []float64 `json:"train_rss_mb"`
	EvalMemory    []float64 `json:"eval_rss_mb"`
	PyTorchMemory []float64 `json:"pytorch_rss_mb"`
}

func (c *comparison) add(ours, theirs measured) {
	c.Train.add(ours.train, theirs.train)
	c.Eval.add(ours.eval, theirs.eval)
	c.TrainRatio, c.EvalRatio = c.Train.ratio(), c.Eval.ratio()
	c.TrainShare = append(c.TrainShare, *ours.record.TrainFLOPs/ours.record.Peak)
	c.EvalShare = append(c.EvalShare, *ours.record.EvalFLOPs/ours.record.Peak)
	c.TrainMemory = append(c.TrainMemory, ours.trainMemory)
	c.EvalMemory = append(c.EvalMemory, ours.evalMemory)
	c.PyTorchMemory = append(c.PyTorchMemory, theirs.trainMemory)
}

// means are over all cells.
type means struct {
	Train float64 `json:"train_ratio_mean"`
	Eval  float64 `json:"eval_ratio_mean"`
}

func newMeans(all []comparison) means {
	var train, eval []float64
	for _, c := range all {
		train, eval = append(train, c.TrainRatio), append(eval, c.EvalRatio)
	}
	return means{geometricMean(train), geometricMean(eval)}
}

// compare has cellnet and PyTorch take turns, and prints the results.
func compare(ctx context.Context, s settings, archs []cell.Arch, stdout, stderr io.Writer) error {
	p, err := newPrograms(ctx, s)
	if err != nil {
		return err
	}
	defer p.remove()
	progress := func(what string) { fmt.Fprintln(stderr, what) }
	var r results
	if s.weights != "" {
		if r.whole, err = p.evaluateWhole(ctx, progress); err != nil {
			return err
		}
	}
	all := make([]comparison, len(archs))
	for round := range s.rounds {
		for i, c := range archs {
			progress(fmt.Sprintf("round %d of %d: %s", round+1, s.rounds, c))
			all[i].Arch = c
			ours, err := p.measureCellnet(ctx, c)
			if err != nil {
				return err
			}
			theirs, err := p.measurePyTorch(ctx, c)
			if err != nil {
				return err
			}
			all[i].add(ours, theirs)
		}
	}
	r.cells, r.means = all, newMeans(all)
	if s.asJSON {
		return r.printJSON(stdout)
	}
	return r.print(stdout)
}
