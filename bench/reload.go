package bench

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// Reload takes the records of architectures from a folder of archive files, such
// as NAS-Bench-201's archive with the trained weights, in the place of the
// benchmark's own. Without indexes it takes all of the search space. Every file
// is read once to see that it is whole, and again when its record is asked for.
func (b *Benchmark) Reload(dir string, indexes ...int) error {
	n, err := b.Len()
	if err != nil {
		return err
	}
	if len(indexes) == 0 {
		indexes = make([]int, n)
		for i := range indexes {
			indexes[i] = i
		}
	}
	f, l, err := openFolder(dir)
	if err != nil {
		return fmt.Errorf("reloading from %s: %w", dir, err)
	}
	if l.API() != b.API() {
		return fmt.Errorf("reloading from %s: it has files of %v, the benchmark is of %v", dir, l, b.layout)
	}
	for _, i := range indexes {
		if err := checkIndex(i, n); err != nil {
			return err
		}
		_, err := f.arch(i)
		if errors.Is(err, errNotStored) {
			err = fs.ErrNotExist
		}
		if err != nil {
			return fmt.Errorf("reloading architecture %d from %s: %w", i, dir, err)
		}
		b.mu.Lock()
		delete(b.changed, i)
		b.cache.Drop(i)
		b.archives[i] = filepath.Join(dir, f.files[i])
		if b.API() == NATS {
			b.asked[i] = true
		}
		b.mu.Unlock()
	}
	return nil
}

// ClearWeights forgets the trained weights of an architecture's trials by the
// given recipes, or by all of them.
func (b *Benchmark) ClearWeights(index int, hps ...HP) error {
	a, err := b.load(index)
	if err != nil {
		return err
	}
	a = a.Clone()
	if len(hps) == 0 {
		hps = a.HPs()
	}
	for _, hp := range hps {
		r, err := a.Results(hp)
		if err != nil {
			return err
		}
		r.ClearWeights()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changed[index] = a
	return nil
}
