package bench

import (
	"fmt"

	"cellnet/data"
	"cellnet/weights"
)

// weighted are backends whose files may hold trained weights.
type weighted interface {
	// weightsFile opens the file with the weights of an architecture's trial, and
	// says where in it they are.
	weightsFile(index int, hp HP, t *Trial) (*weights.File, weights.Selector, error)
}

// Weights reads the trained weights of a trial from the archive that the
// benchmark is or that the architecture was reloaded from, or from the trial file.
// They are nil if the trial's record has none.
func (b *Benchmark) Weights(index int, d data.Dataset, seed int, hp HP) (*weights.StateDict, error) {
	r, err := b.Results(index, hp)
	if err != nil {
		return nil, err
	}
	t, err := r.Trial(d, seed)
	if err != nil || !t.HasWeights {
		return nil, err
	}
	f, place, err := b.weightsFile(index, hp, t)
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

func (b *Benchmark) weightsFile(index int, hp HP, t *Trial) (*weights.File, weights.Selector, error) {
	b.mu.Lock()
	archive, ok := b.archives[index]
	b.mu.Unlock()
	if ok {
		return openArchive(archive, hp, t)
	}
	if w, ok := b.from.(weighted); ok {
		return w.weightsFile(index, hp, t)
	}
	return nil, weights.Selector{}, fmt.Errorf("%s keeps no weights, an archive does: reload architecture %d from one: %w", b.name, index, ErrMissing)
}

// openArchive opens an archive's file of an architecture.
func openArchive(path string, hp HP, t *Trial) (*weights.File, weights.Selector, error) {
	f, err := weights.OpenFile(path)
	return f, inArchive(hp, t), err
}

func inArchive(hp HP, t *Trial) weights.Selector {
	return weights.Selector{HP: int(hp), Dataset: t.Dataset.String(), Seed: &t.Seed}
}
