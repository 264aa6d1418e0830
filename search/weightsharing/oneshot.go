package weightsharing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cellnet/cell"
	"cellnet/models"
	"cellnet/train"
)

// OneShot evaluates architectures with a supernet's weights: what they are worth
// before any is trained by itself.
type OneShot struct {
	Images  Images
	Batch   int    // images that are normalized together
	Seed    uint32 // of the order in which images come together
	Kernels models.ISA
	// OnArch, if it is not nil, is told after each architecture.
	OnArch func(number int, m train.Metrics)
}

// Evaluate measures architectures on the validation set, all images of it.
func (o OneShot) Evaluate(ctx context.Context, s *Saved, archs []cell.Arch) (all []train.Metrics, err error) {
	if o.Batch < 1 || o.Batch > maxBatch {
		return nil, fmt.Errorf("evaluating with a supernet's weights: batch size: %d, want 1 to %d", o.Batch, maxBatch)
	}
	run, err := s.evaluator(o)
	if err != nil {
		return nil, fmt.Errorf("evaluating with a supernet's weights: %w", err)
	}
	loader, err := o.Images.validation(Run{EvaluationBatch: o.Batch, Seed: o.Seed}, validationBatches)
	if err != nil {
		return nil, err
	}
	for i, arch := range archs {
		start := time.Now()
		var score train.Score
		for b, err := range loader.Epoch(ctx, 0, 0) {
			var logits []float32
			if err == nil {
				logits, err = run(b.Input, arch)
			}
			if err != nil {
				return all, fmt.Errorf("evaluating %v with a supernet's weights: %w", arch, err)
			}
			score.Add(logits, b.Labels, 0)
		}
		all = append(all, score.Metrics(time.Since(start)))
		if o.OnArch != nil {
			o.OnArch(i, all[i])
		}
	}
	return all, nil
}

// evaluator returns what computes an architecture's logits.
func (s *Saved) evaluator(o OneShot) (func(images []float32, a cell.Arch) ([]float32, error), error) {
	classes := 0
	if s.Cells != nil {
		classes = s.Cells.Topology().Classes
	} else {
		classes = s.Widths.Size().Classes
	}
	if classes != o.Images.Info.Classes {
		return nil, fmt.Errorf("the supernet tells %d classes, the images are of %d", classes, o.Images.Info.Classes)
	}
	shape := Shape{Side: o.Images.Info.Side, EvaluationBatch: min(o.Batch, o.Images.Valid.Len()), Kernels: o.Kernels}
	_, options := shape.options()
	if s.Cells != nil {
		net, err := models.NewSupernet(s.Cells, options)
		if err != nil {
			return nil, err
		}
		n := cells{parameters: newParameters(s.Cells, shape), evaluation: net}
		edges := s.Cells.Topology().Edges()
		return func(images []float32, a cell.Arch) ([]float32, error) {
			ops, err := operationsOf(edges, a)
			if err != nil {
				return nil, err
			}
			pass, err := n.Evaluate(images, fixed(ops))
			return pass.Logits, err
		}, nil
	}
	net, err := models.NewSizeSupernet(s.Widths, options)
	if err != nil {
		return nil, err
	}
	n := widths{parameters: newParameters(s.Widths, shape), evaluation: net}
	size := s.Widths.Size()
	return func(images []float32, a cell.Arch) ([]float32, error) {
		chosen := a.Widths()
		if len(chosen) != size.Widths {
			return nil, fmt.Errorf("the supernet is of %d widths", size.Widths)
		}
		var layers []models.Narrowing
		for layer := range size.Layers() {
			width := chosen[size.Row(layer)]
			if !slices.Contains(size.Candidates, width) {
				return nil, fmt.Errorf("width %d is none of the supernet's: %v", width, size.Candidates)
			}
			layers = append(layers, masked(width, size.Widest()))
		}
		pass, err := n.Evaluate(images, layers)
		return pass.Logits, err
	}, nil
}

// operationsOf is the reverse of CellOf.
func operationsOf(edges []cell.Link, a cell.Arch) ([]cell.Op, error) {
	if a.IsZero() || a.Widths() != nil {
		return nil, errors.New("the supernet is of cells")
	}
	other := fmt.Errorf("the supernet's cells have %d edges, one between any two nodes", len(edges))
	ops := make([]cell.Op, len(edges))
	set := make([]bool, len(edges))
	for _, link := range a.Cell().Edges() {
		i := slices.IndexFunc(edges, func(e cell.Link) bool { return e.From == link.From && e.To == link.To })
		if i < 0 || set[i] {
			return nil, other
		}
		ops[i], set[i] = link.Op, true
	}
	if slices.Contains(set, false) {
		return nil, other
	}
	return ops, nil
}
