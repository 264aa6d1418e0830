package weightsharing

import (
	"cellnet/models"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"cellnet/cell"
)

// The draws of the recorded steps give the operations that PyTorch ran.
func TestHardSampleIsThatOfTheReference(t *testing.T) {
	for _, name := range []string{"gdas", "gdas_v1"} {
		file := readTree(t, name+".pth")
		net := readTree(t, "net.pth")
		alpha := tableOf(net.at("arch_parameters").float32s(), 5)
		step := file.at("steps").list()[0] // later ones are of other parameters
		for _, half := range []string{"base", "arch"} {
			h := step.at(half)
			s, ok := newHardSample(alpha, tableOf(h.at("gumbels").float32s(), 5), step.at("tau").float())
			if !ok {
				t.Fatal("refused")
			}
			if want := opsOf(h.at("index").ints()); half == "base" && !slices.Equal(s.ops, want) {
				t.Errorf("%s %s: %v, want %v", name, half, s.ops, want)
			}
		}
	}
}

func randomTable(rnd *rand.Rand, rows, columns int) table {
	t := newTable(rows, columns)
	for _, row := range t {
		for i := range row {
			row[i] = rnd.NormFloat64()
		}
	}
	return t
}

// differences compares a gradient by A with differences of a value.
func differences(t *testing.T, what string, alpha, gradient table, value func() float64) {
	t.Helper()
	const h = 1e-5
	for e, row := range alpha {
		for o := range row {
			before := row[o]
			row[o] = before + h
			above := value()
			row[o] = before - h
			below := value()
			row[o] = before
			if want := (above - below) / (2 * h); math.Abs(gradient[e][o]-want) > 1e-7*math.Max(1, math.Abs(want)) {
				t.Errorf("%s: gradient of [%d][%d] is %g, differences give %g", what, e, o, gradient[e][o], want)
			}
		}
	}
}

func TestGradientsOfMixturesAreThoseOfDifferences(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, tau := range []float64{10, 0.7} {
		alpha, noise, q := randomTable(rnd, 6, 5), randomTable(rnd, 6, 5), randomTable(rnd, 6, 5)
		var joint table
		for e, row := range alpha {
			joint = append(joint, softmaxBackward(softmax(row), q[e]))
		}
		differences(t, "joint", alpha, joint, func() (sum float64) {
			for e, row := range alpha {
				for o, p := range softmax(row) {
					sum += p * q[e][o]
				}
			}
			return sum
		})

		s, ok := newHardSample(alpha, noise, tau)
		if !ok {
			t.Fatal("refused")
		}
		for _, others := range []bool{true, false} {
			pass := models.Pass{Factors: q, Sums: make([]float64, 6)}
			for e := range pass.Sums {
				pass.Sums[e] = q[e][0] - 1
			}
			differences(t, fmt.Sprintf("gdas, others %v, tau %v", others, tau), alpha, s.backward(pass, others), func() (sum float64) {
				moved, _ := newHardSample(alpha, noise, tau)
				for e, row := range moved.probabilities {
					for o, p := range row {
						switch {
						case o == int(s.ops[e]):
							sum += p * q[e][o]
						case others:
							sum += p * pass.Sums[e]
						}
					}
				}
				return sum
			})
		}
	}
}

func TestHardSampleRefusesWhatIsNotFinite(t *testing.T) {
	alpha := newTable(2, 5)
	for _, bad := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
		noise := newTable(2, 5)
		noise[1][3] = bad
		if _, ok := newHardSample(alpha, noise, 1); ok {
			t.Errorf("noise of %v was taken", bad)
		}
	}
	d := &repeating{tables: []table{{{math.Inf(1), 0}}, {{0, 1}}}}
	if s := drawHardSample(d, newTable(1, 2), 1); s.ops[0] != cell.SkipConnect || len(d.tables) != 0 {
		t.Errorf("drew %v, %d tables are left", s.ops, len(d.tables))
	}
}

// repeating are draws that only have noise.
type repeating struct {
	draws
	tables []table
}

func (r *repeating) gumbels(int, int) table {
	t := r.tables[0]
	r.tables = r.tables[1:]
	return t
}
