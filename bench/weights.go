package bench

import (
	"fmt"

	"cellnet/data"
	"cellnet/weights"
)

// weighted are backends whose files may hold trained weights.
type weighted interface {
	// weightsFile opens the file of an architecture.
	weightsFile(index int) (*weights.File, error)
}

// Weights reads the trained weights of a trial from the archive that the
// benchmark is or that the architecture was reloaded from. They are nil if the
// trial's record has none.
func (b *Benchmark) Weights(index int, d data.Dataset, seed int, hp HP) (*weights.StateDict, error) {
	r, err := b.Results(index, hp)
	if err != nil {
		return nil, err
	}
	t, err := r.Trial(d, seed)
	if err != nil || !t.HasWeights {
		return nil, err
	}
	f, err := b.weightsFile(index)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	n, err := f.Select(weights.Selector{HP: int(hp), Dataset: d.String(), Seed: &seed})
	if err != nil {
		return nil, err
	}
	return n.Load()
}

func (b *Benchmark) weightsFile(index int) (*weights.File, error) {
	b.mu.Lock()
	archive, ok := b.archives[index]
	b.mu.Unlock()
	if ok {
		return weights.OpenFile(archive)
	}
	if w, ok := b.from.(weighted); ok {
		return w.weightsFile(index)
	}
	return nil, fmt.Errorf("%s keeps no weights, an archive does: reload architecture %d from one: %w", b.name, index, ErrMissing)
}
