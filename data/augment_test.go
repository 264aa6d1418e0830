package data

import (
	"fmt"
	"slices"
	"testing"
)

// slowAugment does what torchvision's and the published transforms do, step by
// step: mirror, pad with zeros, crop, normalize, erase.
func slowAugment(pixels []byte, side, padding int, n Normalization, t transform) []float32 {
	at := func(c, y, x int) byte { // in the padded image
		y, x = y-padding, x-padding
		if y < 0 || y >= side || x < 0 || x >= side {
			return 0
		}
		if t.mirror {
			x = side - 1 - x
		}
		return pixels[(c*side+y)*side+x]
	}
	var out []float32
	for c := range 3 {
		for y := range side {
			for x := range side {
				v := float32(at(c, y+t.down+padding, x+t.right+padding)) / 255
				v = (v - float32(n.Mean[c]/255)) / float32(n.Std[c]/255)
				if y >= t.top && y < t.bottom && x >= t.from && x < t.end {
					v = 0
				}
				out = append(out, v)
			}
		}
	}
	return out
}

func testPixels(side int, seed uint64) []byte {
	s := stream{seed}
	pixels := make([]byte, 3*side*side)
	for i := range pixels {
		pixels[i] = byte(s.uint64())
	}
	return pixels
}

func TestAugmentAgainstSlowTwin(t *testing.T) {
	for _, c := range []struct{ side, padding int }{{32, 4}, {16, 2}, {5, 5}, {1, 1}} {
		n := CIFAR100.Normalization()
		normalizer := n.Normalizer()
		pixels := testPixels(c.side, 1)
		got := make([]float32, len(pixels))
		for down := -c.padding; down <= c.padding; down++ {
			for right := -c.padding; right <= c.padding; right++ {
				for _, mirror := range []bool{false, true} {
					tr := transform{mirror: mirror, down: down, right: right}
					if (down+right)%3 == 0 {
						tr.top, tr.bottom, tr.from, tr.end = 0, c.side/2, c.side/3, c.side
					}
					normalizer.augment(got, pixels, c.side, tr)
					if want := slowAugment(pixels, c.side, c.padding, n, tr); !slices.Equal(got, want) {
						t.Fatalf("side %d: %+v differs", c.side, tr)
					}
				}
			}
		}
	}
}

// Every crop, both directions and every centre of the cutout must come up about
// equally often.
func TestDrawIsUniform(t *testing.T) {
	const side, draws = 16, 50000
	a := Augmentation{Flip: true, Padding: 2, Cutout: 6}
	counts := map[string]int{}
	for i := range draws {
		s := streamAt(7, i)
		tr := a.draw(&s, side)
		counts[fmt.Sprint("mirror ", tr.mirror)]++
		counts[fmt.Sprint("crop ", tr.down, tr.right)]++
		counts[fmt.Sprint("rows ", tr.top, tr.bottom)]++
		counts[fmt.Sprint("columns ", tr.from, tr.end)]++
	}
	if len(counts) != 2+25+16+16 {
		t.Errorf("%d outcomes, want 59: %v", len(counts), counts)
	}
	for outcome, n := range counts {
		expected := map[byte]int{'m': draws / 2, 'c': draws / 25, 'r': draws / 16}[outcome[0]]
		if outcome[:2] == "co" {
			expected = draws / 16
		}
		if n < expected*9/10 || n > expected*11/10 {
			t.Errorf("%s %d times of %d, want about %d", outcome, n, draws, expected)
		}
	}
}

// The published CUTOUT erases [y-length/2, y+length/2) as far as it is inside.
func TestCutoutAtTheEdge(t *testing.T) {
	for i := range 1000 {
		s := streamAt(9, i)
		tr := Augmentation{Cutout: 9}.draw(&s, 32)
		if tr.top < 0 || tr.bottom > 32 || tr.bottom-tr.top > 8 || tr.bottom-tr.top < 4 {
			t.Fatalf("rows %d to %d", tr.top, tr.bottom)
		}
	}
}

func TestAugmentationLimits(t *testing.T) {
	for _, c := range []struct {
		a  Augmentation
		ok bool
	}{
		{Augmentation{}, true},
		{Augmentation{true, 4, 16}, true},
		{Augmentation{Padding: 32}, true},
		{Augmentation{Padding: 33}, false},
		{Augmentation{Padding: -1}, false},
		{Augmentation{Cutout: 64}, true},
		{Augmentation{Cutout: 65}, false},
		{Augmentation{Cutout: -1}, false},
	} {
		if err := c.a.check(32); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.a, err)
		}
	}
}
