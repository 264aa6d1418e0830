package weightsharing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/train"
)

// choice is what a selection found best.
type choice struct {
	ops      []cell.Op
	arch     cell.Arch
	accuracy float64 // top-1 in percent, of its batch
	compared int
}

// selectCell compares candidates in evaluation mode, each on the next batch of the
// validation set, or all on the same ones; the first of the best wins.
func (e *engine) selectCell(ctx context.Context, m cellMethod, r Run, images Images, epoch int) (best choice, err error) {
	loader, err := images.validation(r, selectionBatches)
	if err != nil {
		return best, err
	}
	next, stop := endless(ctx, loader, epoch, 0)
	defer stop()
	same, err := keep(next, min(r.SameBatches, loader.Steps()))
	if err != nil {
		return best, err
	}
	for _, ops := range m.candidates(max(1, r.Candidates)) {
		batches := same
		if len(batches) == 0 {
			b, err := next()
			if err != nil {
				return best, err
			}
			batches = []data.Batch{b}
		}
		var s train.Score
		for _, b := range batches {
			if err := ctx.Err(); err != nil {
				return best, err
			}
			pass, err := e.cells.net.Evaluate(b.Input, fixed(ops))
			if err != nil {
				return best, err
			}
			s.Add(pass.Logits, b.Labels, 0)
		}
		best.compared++
		if accuracy := percentRight(s); best.ops == nil || accuracy > best.accuracy {
			best.ops, best.accuracy = ops, accuracy
		}
	}
	c, err := CellOf(e.cells.edges, best.ops)
	best.arch = cell.ArchOfCell(c)
	return best, err
}

// keep copies batches.
func keep(next func() (data.Batch, error), n int) ([]data.Batch, error) {
	var kept []data.Batch
	for range n {
		b, err := next()
		if err != nil {
			return nil, err
		}
		b.Input, b.Labels = slices.Clone(b.Input), slices.Clone(b.Labels)
		kept = append(kept, b)
	}
	return kept, nil
}

// selectWidths takes the likeliest width of each row.
func (e *engine) selectWidths() (best choice, err error) {
	var widths cell.Widths
	for _, row := range e.sizes.alpha() {
		widths = append(widths, e.sizes.widths[argmax(row)])
	}
	best.arch, err = cell.ArchOfWidths(widths)
	return best, err
}

// validate measures the whole validation set in evaluation mode, each batch by a
// draw of its own.
func (e *engine) validate(ctx context.Context, r Run, images Images, epoch int, chosen choice, hook func(images int)) (m train.Metrics, err error) {
	loader, err := images.validation(r, validationBatches)
	if err != nil {
		return m, err
	}
	start := time.Now()
	var s train.Score
	for b, err := range loader.Epoch(ctx, epoch, 0) {
		if err != nil {
			return m, err
		}
		logits, err := e.evaluate(b, chosen)
		if err != nil {
			return m, err
		}
		s.Add(logits, b.Labels, 0)
		hook(len(b.Labels))
	}
	return s.Metrics(time.Since(start)), nil
}

// evaluate gives the logits of a batch of the validation set.
func (e *engine) evaluate(b data.Batch, chosen choice) ([]float32, error) {
	if m, ok := e.method.(cellMethod); ok {
		pass, err := e.cells.net.Evaluate(b.Input, m.validation(chosen.ops))
		return pass.Logits, err
	}
	pass, err := e.sizes.net.Evaluate(b.Input, e.method.(widthMethod).validation())
	return pass.Logits, err
}

// probable is a cell and the logarithm of its probability.
type probable struct {
	ops     []cell.Op
	logProb float64
}

// mostProbable gives the n cells of the highest probability under softmax(alpha),
// the highest first, of equal ones in the order in which all cells are counted.
//
// It goes edge by edge, and of what was chosen so far keeps the best n and whatever
// rounding might yet make their equal, but no more than keeps memory in bounds.
func mostProbable(alpha table, n int) []probable {
	const slack = 1e-9
	most := max(cell.SpaceSize, 2*n)
	best := []probable{{}}
	for _, row := range logSoftmaxRows(alpha) {
		longer := make([]probable, 0, len(best)*len(row))
		for _, b := range best {
			for o, lp := range row {
				longer = append(longer, probable{append(slices.Clone(b.ops), cell.Op(o)), b.logProb + lp})
			}
		}
		if len(longer) > n {
			ranked := slices.Clone(longer)
			slices.SortFunc(ranked, byLogProb)
			least := ranked[n-1].logProb - slack
			longer = slices.DeleteFunc(longer, func(p probable) bool { return p.logProb < least })
			if len(longer) > most {
				slices.SortStableFunc(longer, byLogProb)
				longer = longer[:most]
			}
		}
		best = longer
	}
	slices.SortStableFunc(best, byLogProb)
	return best[:min(n, len(best))]
}

func byLogProb(a, b probable) int { return cmp.Compare(b.logProb, a.logProb) }

// Final is what is chosen once more when all epochs are done, by algorithms that
// compare cells: with the weights as they are then, among cells that are drawn anew.
type Final struct {
	Arch       cell.Arch `json:"arch"`
	Accuracy   float64   `json:"accuracy"` // top-1 in percent on the batch that it was judged by
	Candidates int       `json:"candidates"`
}

// Final is the choice at the end; nil before, and where nothing is compared.
func (s *Search) Final() *Final { return s.state.Final }

// chooseFinally makes the choice at the end, unless it is made.
func (s *Search) chooseFinally(ctx context.Context) error {
	if s.state.Final != nil || !s.run.Algorithm.compares() {
		return nil
	}
	r := s.run
	if r.FinalCandidates > 0 {
		r.Candidates = r.FinalCandidates
	}
	best, err := s.engine.selectCell(ctx, s.engine.method.(cellMethod), r, s.images, s.state.Epoch)
	if err != nil {
		return fmt.Errorf("choosing at the end: %w", err)
	}
	s.state.Final = &Final{best.arch, best.accuracy, best.compared}
	return s.checkpoint()
}
