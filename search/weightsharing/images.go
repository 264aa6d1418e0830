package weightsharing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"

	"cellnet/data"
	"cellnet/internal/mt19937"
	"cellnet/train"
)

// Images are what a search learns on and is judged by.
type Images struct {
	Info data.Info
	// Train is the half that the weights learn on, Valid that of the architecture,
	// which is the validation set, too.
	Train, Valid *data.Images
}

// ImagesOf divides the images of a dataset: the weights learn on its training
// images, the architecture on x-valid. Where a dataset has no such set at all,
// every other training image is taken for it.
func ImagesOf(d *train.Data) (Images, error) {
	for _, e := range d.Evaluations {
		if e.Set == data.XValid {
			return Images{d.Info, d.Train, e.Images}, nil
		}
	}
	if d.Dataset.Count(data.XValid) > 0 {
		return Images{}, fmt.Errorf("the architecture learns on x-valid of %v, which is missing: name the file that divides the test images", d.Dataset)
	}
	if d.Train.Len() < 2 {
		return Images{}, fmt.Errorf("%d images, want two or more: weights and architecture learn on different ones", d.Train.Len())
	}
	var parts [2][]int
	for i := range d.Train.Len() {
		parts[i%2] = append(parts[i%2], i)
	}
	return Images{d.Info, d.Train.Select(parts[0]), d.Train.Select(parts[1])}, nil
}

// Sum is a SHA-256 sum of all images in hexadecimal digits.
func (m Images) Sum() string {
	train, valid := m.Train.Sum(), m.Valid.Sum()
	sum := sha256.Sum256(append(train[:], valid[:]...))
	return hex.EncodeToString(sum[:])
}

// purpose names what batches are for: each has random numbers of its own.
type purpose uint64

const (
	baseBatches purpose = iota + 1
	archBatches
	archOrder
	controllerBatches
	selectionBatches
	validationBatches
)

func (p purpose) seed(r Run) uint64 { return uint64(p)<<32 | uint64(r.Seed) }

// pair are the batches of a step.
type pair struct{ base, arch data.Batch }

// pairs yields the steps of an epoch from the given one on: all training images in
// a new order, and as many valid ones that are drawn with replacement. Batches are
// good until the next pair is asked for.
func (m Images) pairs(ctx context.Context, r Run, epoch, step int) iter.Seq2[pair, error] {
	return func(yield func(pair, error) bool) {
		base, err := m.loader(m.Train, r, baseBatches)
		if err != nil {
			yield(pair{}, err)
			return
		}
		arch, err := m.drawn(r, epoch)
		if err != nil {
			yield(pair{}, err)
			return
		}
		next, stop := iter.Pull2(arch.Epoch(ctx, epoch, step))
		defer stop()
		for b, err := range base.Epoch(ctx, epoch, step) {
			if err != nil {
				yield(pair{}, err)
				return
			}
			a, err, ok := next()
			if ok && err != nil {
				yield(pair{}, err)
				return
			}
			if !yield(pair{b, a}, nil) {
				return
			}
		}
	}
}

// steps is the number of pairs in an epoch.
func (m Images) steps(r Run) int { return (m.Train.Len() + r.BatchSize - 1) / r.BatchSize }

func (m Images) loader(images *data.Images, r Run, p purpose) (*data.Loader, error) {
	return data.NewLoader(images, data.LoaderConfig{
		BatchSize: r.BatchSize, Normalization: m.Info.Normalization, Shuffle: true, Augmentation: m.Info.Augmentation(), Seed: p.seed(r),
	})
}

// drawn draws the valid images of an epoch.
func (m Images) drawn(r Run, epoch int) (*data.Loader, error) {
	random := mt19937.NewPython(archOrder.seed(r)<<20 ^ uint64(epoch))
	indexes := make([]int, m.Train.Len())
	for i := range indexes {
		indexes[i] = random.Intn(m.Valid.Len())
	}
	return data.NewLoader(m.Valid.Select(indexes), data.LoaderConfig{
		BatchSize: r.BatchSize, Normalization: m.Info.Normalization, Augmentation: m.Info.Augmentation(), Seed: archBatches.seed(r),
	})
}

// validation makes batches of the validation set in an order of their own.
func (m Images) validation(r Run, p purpose) (*data.Loader, error) {
	return data.NewLoader(m.Valid, data.LoaderConfig{
		BatchSize: r.EvaluationBatch, Normalization: m.Info.Normalization, Shuffle: true, Seed: p.seed(r),
	})
}

// maxPasses is more than the passes that are made over the validation set in one
// epoch.
const maxPasses = 1 << 20

// endless gives one batch after another, those that are skipped left out; a new
// pass in another order begins when one ends. A batch is good until the next one.
func endless(ctx context.Context, l *data.Loader, epoch, skip int) (next func() (data.Batch, error), stop func()) {
	pull, stop := iter.Pull2(func(yield func(data.Batch, error) bool) {
		for pass := skip / l.Steps(); ; pass++ {
			step := 0
			if pass == skip/l.Steps() {
				step = skip % l.Steps()
			}
			for b, err := range l.Epoch(ctx, epoch*maxPasses+pass, step) {
				if !yield(b, err) || err != nil {
					return
				}
			}
		}
	})
	return func() (data.Batch, error) {
		b, err, ok := pull()
		if !ok && err == nil {
			err = context.Cause(ctx)
		}
		return b, err
	}, stop
}
