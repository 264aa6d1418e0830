package proxies

import (
	"fmt"
	"math"

	"cellnet/data"
)

// Batch is labelled images.
type Batch struct {
	Images  []float32 // NCHW, normalized
	Labels  []int     // from 0; nil where no measure needs them
	Side    int
	Classes int // of the network
}

// NewBatch takes the first images of a set, as many as the preset has unless n is
// given, not augmented.
func NewBatch(images *data.Images, info data.Info, p Preset, n int) Batch {
	if n == 0 {
		n = p.Images
	}
	normalization := info.Normalization
	if p.Normalization != (data.Normalization{}) {
		normalization = p.Normalization
	}
	n = min(n, images.Len())
	size, normalizer := 3*info.Side*info.Side, normalization.Normalizer()
	b := Batch{Images: make([]float32, n*size), Labels: make([]int, n), Side: info.Side, Classes: info.Classes}
	for i := range n {
		normalizer.Image(b.Images[i*size:][:size], images.Pixels(i))
		b.Labels[i] = images.Label(i)
	}
	return b
}

// Len is the number of images.
func (b Batch) Len() int { return len(b.Images) / (3 * b.Side * b.Side) }

// part is the images from one number up to another.
func (b Batch) part(from, to int) Batch {
	size := 3 * b.Side * b.Side
	b.Images = b.Images[from*size : to*size]
	if b.Labels != nil {
		b.Labels = b.Labels[from:to]
	}
	return b
}

// first is the first n images, all for 0 and where there are no more.
func (b Batch) first(n int) Batch {
	if n == 0 {
		n = b.Len()
	}
	return b.part(0, min(n, b.Len()))
}

// validate looks at images and labels.
func (b Batch) validate() error {
	switch size := 3 * b.Side * b.Side; {
	case size == 0 || len(b.Images)%size != 0:
		return fmt.Errorf("a batch of %d numbers: an image has 3x%dx%d", len(b.Images), b.Side, b.Side)
	case b.Labels != nil && len(b.Labels) != b.Len():
		return fmt.Errorf("%d labels of %d images", len(b.Labels), b.Len())
	}
	for i, v := range b.Images {
		if v64 := float64(v); math.IsNaN(v64) || math.IsInf(v64, 0) {
			return fmt.Errorf("image %d has a NaN or an infinity", i/(3*b.Side*b.Side))
		}
	}
	for i, label := range b.Labels {
		if label < 0 || label >= b.Classes {
			return fmt.Errorf("label %d of image %d is outside 0..%d", label, i, b.Classes-1)
		}
	}
	return nil
}
