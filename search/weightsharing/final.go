package weightsharing

import (
	"context"
	"fmt"

	"cellnet/cell"
)

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
