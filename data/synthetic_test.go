package data

import (
	"bytes"
	"runtime"
	"testing"
)

// The bits of the synthetic images are the same on every machine, for good.
func TestSyntheticImagesArePinned(t *testing.T) {
	const wantTrain = "f6ac5267c4e207a0f0bde6d88fa6a663c74669eb526cbb30ae679a39a14b86b4"
	const wantTest = "aa6784ee3f1f6202abab1a471233b9907c7ec09cfd112d99d747336ae51cc565"
	if got, _ := sums(synthesize(Train, 100)); got != wantTrain {
		t.Errorf("SHA-256 of 100 training images: %s, want %s", got, wantTrain)
	}
	if got, _ := sums(synthesize(OriTest, 100)); got != wantTest {
		t.Errorf("SHA-256 of 100 test images: %s, want %s", got, wantTest)
	}
}

func TestSyntheticSizes(t *testing.T) {
	for _, c := range []struct {
		size        SyntheticSize
		train, test int
		ok          bool
	}{
		{SyntheticSize{}, 10000, 2000, true},
		{SyntheticSize{Train: 30}, 30, 2000, true},
		{SyntheticSize{30, 7}, 30, 7, true},
		{SyntheticSize{-1, 7}, 0, 0, false},
		{SyntheticSize{1, maxSynthetic + 1}, 0, 0, false},
	} {
		s, err := Open(Synthetic, Options{Synthetic: c.size})
		if (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.size, err)
		}
		if err != nil {
			continue
		}
		if s.Folder() != "" || s.Dataset() != Synthetic {
			t.Errorf("%v in %q", s.Dataset(), s.Folder())
		}
		for set, want := range map[Set]int{Train: c.train, OriTest: c.test} {
			m, err := s.Load(set)
			if err != nil || m.Len() != want {
				t.Errorf("%+v: %v: %v, want %d images", c.size, set, err, want)
			}
		}
	}
}

func TestSyntheticImagesDependOnNothingElse(t *testing.T) {
	many := synthesize(Train, 60)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	few := synthesize(Train, 25)
	for i := range few.Len() {
		if !bytes.Equal(few.Pixels(i), many.Pixels(i)) || few.Label(i) != i%10 {
			t.Fatalf("image %d depends on the number of images or threads", i)
		}
	}
	if bytes.Equal(synthesize(OriTest, 1).Pixels(0), few.Pixels(0)) {
		t.Error("training and test images are the same")
	}
}

// Learnable but not trivial: the mean image of a class, the simplest linear
// classifier, says little; the classes are there to be seen in how neighbouring
// pixels differ.
func TestSyntheticClasses(t *testing.T) {
	train, test := synthesize(Train, 3000), synthesize(OriTest, 1000)
	if got := nearestMean(train, test, pixelFeatures); got > 0.25 {
		t.Errorf("class means tell %.0f %% of the images", 100*got)
	}
	if got := nearestMean(train, test, contrastFeatures); got < 0.5 {
		t.Errorf("contrasts tell only %.0f %% of the images", 100*got)
	}
}

func pixelFeatures(m *Images, i int) (features []float64) {
	for _, v := range m.Pixels(i) {
		features = append(features, float64(v))
	}
	return features
}

// contrastFeatures returns the mean squared differences of pixels at distances in
// four directions, divided by their sum.
func contrastFeatures(m *Images, i int) (features []float64) {
	side, pixels := m.Side(), m.Pixels(i)
	for distance := 1; distance <= 8; distance++ {
		for _, step := range [][2]int{{0, distance}, {distance, 0}, {distance, distance}} {
			sum, n := 0.0, 0.0
			for y := 0; y+step[0] < side; y++ {
				for x := 0; x+step[1] < side; x++ {
					for c := range 3 {
						d := float64(pixels[(c*side+y)*side+x]) - float64(pixels[(c*side+y+step[0])*side+x+step[1]])
						sum += d * d
						n++
					}
				}
			}
			features = append(features, sum/n)
		}
	}
	total := 0.0
	for _, f := range features {
		total += f
	}
	for k := range features {
		features[k] /= total
	}
	return features
}

// nearestMean returns the share of test images whose features are nearest to the
// mean features of their class.
func nearestMean(train, test *Images, features func(*Images, int) []float64) float64 {
	means := make([][]float64, 10)
	for i := range train.Len() {
		f := features(train, i)
		label := train.Label(i)
		if means[label] == nil {
			means[label] = make([]float64, len(f))
		}
		for k, v := range f {
			means[label][k] += v / float64(train.Len()/10)
		}
	}
	right := 0
	for i := range test.Len() {
		f := features(test, i)
		best, nearest := -1, 0.0
		for label, mean := range means {
			d := 0.0
			for k, v := range f {
				d += (v - mean[k]) * (v - mean[k])
			}
			if best < 0 || d < nearest {
				best, nearest = label, d
			}
		}
		if best == test.Label(i) {
			right++
		}
	}
	return float64(right) / float64(test.Len())
}

func TestDistanceIsTheIntegerRoot(t *testing.T) {
	for x := -40; x <= 800; x += 7 {
		for y := -800; y <= 40; y += 3 {
			d, square := distance(x, y), x*x+y*y
			if d*d > square || (d+1)*(d+1) <= square {
				t.Fatalf("distance(%d, %d) = %d", x, y, d)
			}
		}
	}
}

func BenchmarkSynthetic(b *testing.B) {
	for b.Loop() {
		synthesize(Train, 1000)
	}
}
