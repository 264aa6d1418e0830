package data

import (
	"context"
	"fmt"
	"iter"
)

// DefaultBatchSize is the batch size of the benchmark's recipe.
const DefaultBatchSize = 256

// batchesAhead is how many batches a Loader prepares beside the one in use.
const batchesAhead = 2

// LoaderConfig says how batches are made of images.
type LoaderConfig struct {
	// BatchSize is the number of images in a batch, 0 for DefaultBatchSize. The
	// last batch of an epoch holds what is left.
	BatchSize int
	// Normalization must be set: its standard deviations are positive.
	Normalization Normalization
	// Shuffle gives each epoch an order of its own.
	Shuffle bool
	// Augmentation is drawn anew for each image and epoch.
	Augmentation Augmentation
	// Seed is where order and augmentation come from, by a stream each.
	Seed uint64
}

// Loader makes batches of images and prepares them ahead of their use. The batch
// at a step of an epoch is a function of images, config, epoch and step alone.
// A Loader may be used by several goroutines.
type Loader struct {
	images     *Images
	config     LoaderConfig
	normalizer *Normalizer
	spare      chan *Batch // memory to use again
}

// Batch is a batch of normalized images.
type Batch struct {
	// Step is the batch's place in its epoch, from 0.
	Step int
	// Input holds the images, float32 in NCHW order: N x 3 x side x side.
	Input []float32
	// Labels holds the N classes, counted from 0.
	Labels []int
}

// NewLoader returns a loader of batches of images.
func NewLoader(images *Images, config LoaderConfig) (*Loader, error) {
	if config.BatchSize == 0 {
		config.BatchSize = DefaultBatchSize
	}
	if config.BatchSize < 0 {
		return nil, fmt.Errorf("data: batch size %d, want at least 1", config.BatchSize)
	}
	if images.Len() == 0 {
		return nil, fmt.Errorf("data: no images to make batches of")
	}
	for _, std := range config.Normalization.Std {
		if !(std > 0) {
			return nil, fmt.Errorf("data: standard deviation %v of a channel, want a positive one", std)
		}
	}
	if err := config.Augmentation.check(images.Side()); err != nil {
		return nil, err
	}
	config.BatchSize = min(config.BatchSize, images.Len())
	// An epoch holds the batches ahead, one in use and one in the making.
	spare := make(chan *Batch, batchesAhead+2)
	return &Loader{images, config, config.Normalization.Normalizer(), spare}, nil
}

// take returns memory for a batch.
func (l *Loader) take() *Batch {
	select {
	case b := <-l.spare:
		return b
	default:
		side := l.images.side
		return &Batch{
			Input:  make([]float32, l.config.BatchSize*3*side*side),
			Labels: make([]int, l.config.BatchSize),
		}
	}
}

// giveBack keeps a batch's memory for another one.
func (l *Loader) giveBack(b *Batch) {
	select {
	case l.spare <- b:
	default: // more epochs at once than usual
	}
}

// Len returns the number of images in an epoch.
func (l *Loader) Len() int { return l.images.Len() }

// BatchSize returns the number of images in all batches of an epoch but the
// last.
func (l *Loader) BatchSize() int { return l.config.BatchSize }

// Steps returns the number of batches in an epoch.
func (l *Loader) Steps() int {
	return (l.images.Len() + l.config.BatchSize - 1) / l.config.BatchSize
}

// Epoch yields the batches of an epoch from the given step on, step 0 for a
// whole epoch. A batch is good until the next one is asked for: then its memory
// is used again. The next batches are prepared by one goroutine, which ends with
// the iteration. The only errors are a step outside the epoch, and ctx's when it
// is done; an error is the last thing that is yielded.
func (l *Loader) Epoch(ctx context.Context, epoch, step int) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		if epoch < 0 || step < 0 || step > l.Steps() {
			yield(Batch{}, fmt.Errorf("data: epoch %d, step %d: want a step from 0 to %d", epoch, step, l.Steps()))
			return
		}
		producing, stop := context.WithCancel(ctx)
		ready := make(chan *Batch, batchesAhead)
		go l.produce(producing, epoch, step, ready)
		defer func() {
			stop()
			for b := range ready {
				l.giveBack(b)
			}
		}()
		for b := range ready {
			if ctx.Err() != nil {
				l.giveBack(b)
				break
			}
			more := yield(*b, nil)
			l.giveBack(b)
			if !more {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(Batch{}, fmt.Errorf("data: batches of epoch %d: %w", epoch, err))
		}
	}
}

// produce sends the batches of an epoch from the given step on, until ctx is
// done, and closes ready.
func (l *Loader) produce(ctx context.Context, epoch, step int, ready chan<- *Batch) {
	defer close(ready)
	order := l.order(epoch)
	key := streamKey(augmentationStream, l.config.Seed, uint64(epoch))
	for ; step < l.Steps(); step++ {
		b := l.take()
		l.prepare(b, step, order, key)
		select {
		case ready <- b:
		case <-ctx.Done():
			l.giveBack(b)
			return
		}
	}
}

// order returns the order of the images in an epoch, nil if it is their own.
func (l *Loader) order(epoch int) []int32 {
	if !l.config.Shuffle {
		return nil
	}
	order := make([]int32, l.images.Len())
	s := streamAt(streamKey(orderStream, l.config.Seed, uint64(epoch)), 0)
	s.permutation(order)
	return order
}

// prepare fills b with the batch at a step.
func (l *Loader) prepare(b *Batch, step int, order []int32, augmentationKey uint64) {
	start := step * l.config.BatchSize
	n := min(l.config.BatchSize, l.images.Len()-start)
	side := l.images.side
	size := 3 * side * side
	b.Step, b.Input, b.Labels = step, b.Input[:n*size], b.Labels[:n]
	for k := range n {
		position, image := start+k, start+k
		if order != nil {
			image = int(order[position])
		}
		dst, pixels := b.Input[k*size:(k+1)*size], l.images.pixels[image]
		if l.config.Augmentation == (Augmentation{}) {
			l.normalizer.Image(dst, pixels)
		} else {
			s := streamAt(augmentationKey, position)
			l.normalizer.augment(dst, pixels, side, l.config.Augmentation.draw(&s, side))
		}
		b.Labels[k] = l.images.labels[image]
	}
}
