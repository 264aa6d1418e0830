package bench

import (
	"errors"
	"fmt"

	"cellnet/bench/internal/source"
	"cellnet/data"
	"cellnet/weights"
)

// Weights reads the trained weights of a trial from the archive or the trial file
// that its record comes from. They are nil if the trial's record has none.
func (b *Benchmark) Weights(index int, d data.Dataset, hp HP, seed int) (*weights.StateDict, error) {
	r, err := b.Results(index, hp)
	if err != nil {
		return nil, err
	}
	t, err := r.Trial(d, seed)
	if err != nil || !t.HasWeights {
		return nil, err
	}
	f, place, err := b.source.Weights(index, hp, t)
	if errors.Is(err, source.ErrNoWeights) {
		return nil, fmt.Errorf("%s keeps no weights, an archive does: reload architecture %d from one: %w", b.name, index, ErrMissing)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	n, err := f.Select(place)
	if err != nil {
		return nil, err
	}
	return n.Load()
}
