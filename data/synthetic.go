package data

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"sync"
)

// SyntheticSize is the number of images in the two sets of the synthetic
// dataset.
//
// The dataset has ten classes, each a pattern or shape; colours, contrast, size,
// place, tilt, lighting and noise are random. A linear classifier of the pixels
// gets a fifth of them right, a small convolutional network most of them after a
// hundred steps. Images are made by integer arithmetic from a fixed seed and have
// the same bits on every machine; image i does not depend on how many there are.
type SyntheticSize struct {
	Train, Test int
}

// What zeros in a SyntheticSize mean.
const (
	DefaultSyntheticTrain = 10000
	DefaultSyntheticTest  = 2000
)

// maxSynthetic bounds a set of synthetic images to what fits in 1 GB or so.
const maxSynthetic = 300000

func (z SyntheticSize) withDefaults() (SyntheticSize, error) {
	if z.Train == 0 {
		z.Train = DefaultSyntheticTrain
	}
	if z.Test == 0 {
		z.Test = DefaultSyntheticTest
	}
	if min(z.Train, z.Test) < 0 || max(z.Train, z.Test) > maxSynthetic {
		return z, fmt.Errorf("data: synthetic sets of %d and %d images, want 1 to %d", z.Train, z.Test, maxSynthetic)
	}
	return z, nil
}

const (
	syntheticSide = 32
	syntheticSeed = 201
)

// synthesize makes the first n images of a set of the synthetic dataset.
func synthesize(set Set, n int) *Images {
	const size = 3 * syntheticSide * syntheticSide
	m := &Images{side: syntheticSide, pixels: make([][]byte, n), labels: make([]int, n)}
	key := streamKey(syntheticStream, syntheticSeed, uint64(set))
	all := make([]byte, n*size)
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				m.pixels[i] = all[i*size : (i+1)*size : (i+1)*size]
				m.labels[i] = i % len(patterns)
				s := streamAt(key, i)
				drawSynthetic(m.pixels[i], patterns[m.labels[i]].cover, &s)
			}
		})
	}
	wg.Wait()
	return m
}

// drawSynthetic draws one image with a pattern of two colours.
func drawSynthetic(pixels []byte, cover coverage, s *stream) {
	p := newPlacement(s)
	middle := s.between(100, 155)
	contrast := s.between(25, 75)
	if s.intn(2) == 0 {
		contrast = -contrast
	}
	var front, back [3]int
	for c := range front {
		front[c] = middle + contrast + s.between(-45, 45)
		back[c] = middle - contrast + s.between(-45, 45)
	}
	lightX, lightY := s.between(-24, 24), s.between(-24, 24) // change of brightness from edge to edge
	noise := s.between(8, 40)
	for y := range syntheticSide {
		for x := range syntheticSide {
			covered := cover(p, unit*x-center, unit*y-center)
			light := (lightX*(2*x-syntheticSide) + lightY*(2*y-syntheticSide)) / (2 * syntheticSide)
			bits := s.uint64()
			var random [8]byte
			binary.LittleEndian.PutUint64(random[:], bits)
			for c := range front {
				v := (front[c]*covered + back[c]*(full-covered)) / full
				// The sum of two bytes has a triangular distribution.
				grain := (int(random[2*c]) + int(random[2*c+1]) - 255) * noise / 256
				pixels[(c*syntheticSide+y)*syntheticSide+x] = byte(min(max(v+light+grain, 0), 255))
			}
		}
	}
}
