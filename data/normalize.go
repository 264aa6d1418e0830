package data

import "math"

// Normalization is the mean and standard deviation of the red, green and blue
// channel in units of pixel values, 0 to 255.
type Normalization struct {
	Mean [3]float64 `json:"mean"`
	Std  [3]float64 `json:"std"`
}

// measureNormalization returns the mean and standard deviation of all pixels of
// images. The deviation of a channel of one value is given as 1.
func measureNormalization(m *Images) Normalization {
	var histogram [3][256]uint64
	plane := m.side * m.side
	for _, pixels := range m.pixels {
		for c := range histogram {
			for _, v := range pixels[c*plane : (c+1)*plane] {
				histogram[c][v]++
			}
		}
	}
	var measured Normalization
	n := float64(len(m.pixels) * plane)
	for c := range histogram {
		for v, count := range histogram[c] {
			measured.Mean[c] += float64(v) * float64(count) / n
		}
		var variance float64
		for v, count := range histogram[c] {
			d := float64(v) - measured.Mean[c]
			variance += float64(d*d) * (float64(count) / n)
		}
		if measured.Std[c] = math.Sqrt(variance); measured.Std[c] < 1e-6 {
			measured.Std[c] = 1
		}
	}
	return measured
}

// Normalizer turns pixels into the network's input. Make it by
// [Normalization.Normalizer].
type Normalizer struct {
	lut [3][256]float32
}

// Normalizer returns the normalizer for n. It computes what torchvision's
// ToTensor and Normalize compute, bit for bit: (pixel/255 - mean/255) / (std/255),
// each operation rounded to float32.
func (n Normalization) Normalizer() *Normalizer {
	t := new(Normalizer)
	for c := range t.lut {
		mean, std := float32(n.Mean[c]/255), float32(n.Std[c]/255)
		for v := range t.lut[c] {
			t.lut[c][v] = (float32(v)/255 - mean) / std
		}
	}
	return t
}

// Image normalizes one image: pixels and dst hold its red, green and blue plane
// one after the other, so the result is one image of an NCHW batch. It panics if
// the lengths differ or are no multiple of 3.
func (t *Normalizer) Image(dst []float32, pixels []byte) {
	if len(dst) != len(pixels) || len(pixels)%3 != 0 {
		panic("data: Normalizer.Image needs three planes, and as many values as pixels")
	}
	plane := len(pixels) / 3
	for c := range t.lut {
		lookUp(dst[c*plane:(c+1)*plane], pixels[c*plane:(c+1)*plane], &t.lut[c])
	}
}

func lookUp(dst []float32, pixels []byte, lut *[256]float32) {
	dst = dst[:len(pixels)]
	for i, v := range pixels {
		dst[i] = lut[v]
	}
}

// lookUpReversed writes the row of pixels from right to left.
func lookUpReversed(dst []float32, pixels []byte, lut *[256]float32) {
	dst = dst[:len(pixels)]
	for i, v := range pixels {
		dst[len(dst)-1-i] = lut[v]
	}
}

func fill(dst []float32, v float32) {
	for i := range dst {
		dst[i] = v
	}
}
