package weightsharing

import (
	"cellnet/cell/supernet"
	"cellnet/models"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func rowsOf(x tree, columns int) table { return tableOf(x.float32s(), columns) }

func TestWidthsAreDrawnAsPyTorchs(t *testing.T) {
	widths := []int{2, 4, 6, 8}
	alpha := rowsOf(readTree(t, "size-net.pth").at("_arch_parameters"), len(widths))
	step := readTree(t, "tas.pth").at("steps").list()[1] // the one before is warm-up
	for _, half := range []string{"base", "arch"} {
		h := step.at(half)
		noise, exponentials := rowsOf(h.at("gumbels"), 4), rowsOf(h.at("exponentials"), 4)
		for layer, want := range h.at("chosen").list() {
			got := newInterpolation(widths, alpha[max(0, layer-1)], noise[layer], exponentials[layer], step.at("tau").float())
			if !slices.Equal(got.chosen[:], want.ints()) {
				t.Errorf("%s, layer %d: %v, want %v", half, layer, got.chosen, want.ints())
			}
		}
	}
	step = readTree(t, "mask_rl.pth").at("steps").list()[1]
	for _, half := range []string{"base", "arch"} {
		h := step.at(half)
		p, uniforms := softmaxRows(alpha), h.at("uniforms").floats()
		for layer, want := range h.at("actions").ints() {
			if got := pick(p[max(0, layer-1)], uniforms[layer]); got != want {
				t.Errorf("%s, layer %d: mask %d, want %d", half, layer, got, want)
			}
		}
	}
}

// The losses, baselines and gradients of mask_rl need nothing of the network but its
// accuracies, which are exact.
func TestMaskRLLearnsAsPyTorchs(t *testing.T) {
	net := readTree(t, "size-net.pth")
	file := readTree(t, "mask_rl.pth")
	numbers := net.at("_arch_parameters").float32s()
	r := smallRun(MaskRL)
	adam, average, search := newAdam(r), new(movingAverage), newSizeSearch(nil, r, nil)
	for i, step := range file.at("steps").list() {
		h := step.at("arch")
		accuracy := h.at("top1").float()
		baseline := average.add(accuracy)
		near(t, fmt.Sprintf("step %d: baseline", i), []float64{baseline}, []float64{h.at("baseline").float()}, 1e-9, 1)
		if step.has("warmup") {
			continue
		}
		loss, gradient := search.reinforced(tableOf(numbers, 4), h.at("actions").ints(), accuracy-baseline)
		near(t, fmt.Sprintf("step %d: loss", i), []float64{loss}, []float64{h.at("loss").float()}, 2e-5, 1e-3)
		near(t, fmt.Sprintf("step %d: gradient", i), flat(gradient), h.at("grad").floats(), 1e-4, 1e-3)
		if err := stepArchitecture(adam, supernet.SizeArchitecture, numbers, gradient); err != nil {
			t.Fatal(err)
		}
	}
	near(t, "parameters after", doubles(numbers), file.at("after").at("_arch_parameters").floats(), 1e-6, 1)
}

// Of every algorithm's recorded gradients Adam makes the recorded parameters.
func TestAdamMovesArchitecturesAsPyTorchs(t *testing.T) {
	for _, a := range []Algorithm{DARTSV1, DARTSV2, GDAS, GDASV1, SETN, TAS, MaskGumbel} {
		file, name, start, columns := readTree(t, a.String()+".pth"), supernet.Architecture, "net.pth", 5
		if a >= TAS {
			name, start, columns = supernet.SizeArchitecture, "size-net.pth", 4
		}
		numbers := readTree(t, start).at(name).float32s()
		adam := newAdam(DefaultRun(a))
		for _, step := range file.at("steps").list() {
			if !step.at("arch").has("grad") {
				continue // warm-up
			}
			if err := stepArchitecture(adam, name, numbers, rowsOf(step.at("arch").at("grad"), columns)); err != nil {
				t.Fatal(err)
			}
		}
		near(t, a.String(), doubles(numbers), file.at("after").at(name).floats(), 1e-6, 1)
	}
}

// Of the recorded parts of the second order, the arithmetic between them.
func TestSecondOrderPartsFitTogether(t *testing.T) {
	for i, step := range readTree(t, "darts-v2.pth").at("steps").list() {
		h := step.at("arch")
		number := func(name string) float64 { return h.at(name).float() }
		if got := radiusScale / number("vector_norm"); math.Abs(got-number("radius")) > 1e-9 {
			t.Errorf("step %d: radius %v, want %v", i, got, number("radius"))
		}
		plus, minus := h.at("grad_plus").floats(), h.at("grad_minus").floats()
		implicit, gradient := difference(plus, minus, number("radius")), h.at("dalpha").floats()
		near(t, fmt.Sprintf("step %d: implicit", i), implicit, h.at("implicit").floats(), 3e-4, 1e-3)
		for k := range gradient {
			gradient[k] -= step.at("lr").float() * h.at("implicit").floats()[k]
		}
		near(t, fmt.Sprintf("step %d: gradient", i), gradient, h.at("grad").floats(), 1e-6, 1e-3)
	}
}

func TestGradientsOfWidthsAreThoseOfDifferences(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	widths := []int{2, 4, 6, 8}
	for _, tau := range []float64{10, 0.5} {
		alpha, noise := randomTable(rnd, 1, 4), randomTable(rnd, 1, 4)[0]
		q := randomTable(rnd, 1, 8)[0]
		soft := newSoftMask(widths, alpha[0], noise, tau)
		differences(t, "mask_gumbel", alpha, table{soft.backward(q)}, func() (sum float64) {
			m := newSoftMask(widths, alpha[0], noise, tau)
			for k, w := range m.widths {
				for _, v := range q[:w] {
					sum += m.weights[k] * v
				}
			}
			return sum
		})
		exponentials := []float64{1, 0.3, 2, 0.5}
		shares := randomTable(rnd, 1, 2)[0]
		drawn := newInterpolation(widths, alpha[0], noise, exponentials, tau)
		differences(t, "tas", alpha, table{drawn.backward(shares)}, func() (sum float64) {
			for i, share := range newInterpolation(widths, alpha[0], noise, exponentials, tau).shares {
				sum += share * shares[i]
			}
			return sum
		})
	}
}

func TestNarrowings(t *testing.T) {
	if got := masked(2, 4).Channels; !slices.Equal(got, []float32{1, 1, 0, 0}) {
		t.Error(got)
	}
	soft := softMask{widths: []int{1, 2, 3}, weights: []float64{0.5, 0.25, 0.25}, tau: 1}
	if got := soft.narrowing().Channels; !slices.Equal(got, []float32{1, 0.5, 0.25}) {
		t.Error(got)
	}
	mixed := interpolation{widths: [2]int{4, 2}, shares: []float64{0.75, 0.25}}.narrowing()
	if mixed.To != 4 || !slices.Equal(mixed.Stretches, []models.Stretch{{From: 4, Factor: 0.75}, {From: 2, Factor: 0.25}}) {
		t.Errorf("%v", mixed)
	}
}
