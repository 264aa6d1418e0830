package data

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync"
)

// Images is a list of labelled square RGB images. It is not changed once made,
// so it may be used by several goroutines.
type Images struct {
	side   int
	pixels [][]byte
	labels []int

	summed sync.Once
	sum    Sum
}

// Sum is a SHA-256 sum of images.
type Sum [sha256.Size]byte

// NewImages makes a list of images of side x side pixels. Each of pixels is one
// image, its red, green and blue plane one after the other, row by row; labels
// count from 0 and are below classes. Both slices are kept, not copied.
func NewImages(side, classes int, pixels [][]byte, labels []int) (*Images, error) {
	m := &Images{side: side, pixels: pixels, labels: labels}
	if err := m.check(classes); err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	return m, nil
}

// check tells what NewImages would refuse.
func (m *Images) check(classes int) error {
	if m.side < 1 {
		return brokenf("images of side %d", m.side)
	}
	if len(m.pixels) != len(m.labels) {
		return brokenf("%d images with %d labels", len(m.pixels), len(m.labels))
	}
	for i, p := range m.pixels {
		if len(p) != 3*m.side*m.side {
			return brokenf("image %d has %d values, want 3 x %d x %d", i, len(p), m.side, m.side)
		}
		if label := m.labels[i]; label < 0 || label >= classes {
			return brokenf("image %d has label %d, want 0 to %d", i, label, classes-1)
		}
	}
	return nil
}

// Len returns the number of images.
func (m *Images) Len() int { return len(m.pixels) }

// Side returns the height and width of the images in pixels.
func (m *Images) Side() int { return m.side }

// Label returns the class of image i, counted from 0.
func (m *Images) Label(i int) int { return m.labels[i] }

// Pixels returns image i: its red, green and blue plane one after the other, row
// by row. It belongs to m and must not be changed.
func (m *Images) Pixels(i int) []byte { return m.pixels[i] }

// Sum is a sum of sides, labels and pixels: others if an image, its label or the
// order is another. The first call takes the time to read all pixels.
func (m *Images) Sum() Sum {
	m.summed.Do(func() {
		h := sha256.New()
		number := make([]byte, 8)
		write := func(v int) {
			binary.LittleEndian.PutUint64(number, uint64(v))
			h.Write(number)
		}
		write(m.side)
		for i, pixels := range m.pixels {
			write(m.labels[i])
			h.Write(pixels)
		}
		h.Sum(m.sum[:0])
	})
	return m.sum
}

// Select returns the images with the given indexes, in that order. It shares the
// pixels with m, and panics if an index is out of range.
func (m *Images) Select(indexes []int) *Images {
	s := &Images{side: m.side, pixels: make([][]byte, len(indexes)), labels: make([]int, len(indexes))}
	for k, i := range indexes {
		s.pixels[k], s.labels[k] = m.pixels[i], m.labels[i]
	}
	return s
}

// concat joins lists of images of the same side.
func concat(lists []*Images) *Images {
	all := &Images{side: lists[0].side}
	for _, m := range lists {
		all.pixels = append(all.pixels, m.pixels...)
		all.labels = append(all.labels, m.labels...)
	}
	return all
}

// firstClasses returns the images of classes below n. If they are few, they get
// memory of their own and m's may be freed.
func (m *Images) firstClasses(n int) *Images {
	var kept []int
	for i, label := range m.labels {
		if label < n {
			kept = append(kept, i)
		}
	}
	few := m.Select(kept)
	if 2*len(kept) < len(m.pixels) {
		few.compact()
	}
	return few
}

// compact copies the pixels into memory of their own.
func (m *Images) compact() {
	size := 3 * m.side * m.side
	all := make([]byte, 0, len(m.pixels)*size)
	for i, p := range m.pixels {
		all = append(all, p...)
		m.pixels[i] = all[i*size : (i+1)*size : (i+1)*size]
	}
}
