package data

import "fmt"

// Augmentation is what is done at random to training images. The zero value does
// nothing.
type Augmentation struct {
	// Flip mirrors an image left to right with probability 1/2.
	Flip bool
	// Padding is the number of black pixels put around an image before a square
	// of the old size is cut out of it at a random place; every place is equally
	// likely.
	Padding int
	// Cutout is the length of the square in which the normalized values are set
	// to zero. Its centre is anywhere in the image, so that a part of it may lie
	// outside. An odd length counts as the even one below it. 0: none.
	Cutout int
}

// check refuses what can't be done with images of the given side.
func (a Augmentation) check(side int) error {
	if a.Padding < 0 || a.Padding > side {
		return fmt.Errorf("data: padding of %d pixels, want 0 to the image's side, %d", a.Padding, side)
	}
	if a.Cutout < 0 || a.Cutout > 2*side {
		return fmt.Errorf("data: cutout of %d pixels, want 0 to twice the image's side, %d", a.Cutout, 2*side)
	}
	return nil
}

// transform is an augmentation drawn for one image of a side: first mirror, then
// shift, then erase.
type transform struct {
	mirror                 bool
	down, right            int // place of the crop relative to the image, -padding..padding
	top, bottom, from, end int // rows and columns set to zero: [top, bottom) x [from, end)
}

// draw takes one transform from a stream. It takes the same count of numbers
// for any outcome.
func (a Augmentation) draw(s *stream, side int) (t transform) {
	if a.Flip {
		t.mirror = s.intn(2) == 1
	}
	if a.Padding > 0 {
		t.down = s.between(-a.Padding, a.Padding)
		t.right = s.between(-a.Padding, a.Padding)
	}
	if half := a.Cutout / 2; half > 0 {
		y, x := s.intn(side), s.intn(side)
		t.top, t.bottom = max(y-half, 0), min(y+half, side)
		t.from, t.end = max(x-half, 0), min(x+half, side)
	}
	return t
}

// augment writes the transformed and normalized image into dst.
func (n *Normalizer) augment(dst []float32, pixels []byte, side int, t transform) {
	// Columns [left, end) of the result come from the image, whose (mirrored)
	// column left+t.right lands in column left.
	left, end := max(0, -t.right), min(side, side-t.right)
	first := left + t.right
	if t.mirror {
		first = side - (end + t.right)
	}
	width := max(end-left, 0)
	for c := range n.lut {
		lut := &n.lut[c]
		plane := pixels[c*side*side : (c+1)*side*side]
		out := dst[c*side*side : (c+1)*side*side]
		for y := range side {
			row := out[y*side : (y+1)*side]
			source := y + t.down
			if source < 0 || source >= side || width == 0 {
				fill(row, lut[0])
				continue
			}
			fill(row[:left], lut[0])
			fill(row[end:], lut[0])
			from := plane[source*side+first:][:width]
			if t.mirror {
				lookUpReversed(row[left:end], from, lut)
			} else {
				lookUp(row[left:end], from, lut)
			}
		}
		for y := t.top; y < t.bottom; y++ {
			fill(out[y*side+t.from:y*side+t.end], 0)
		}
	}
}
