package models

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/internal/fixture"
	"cellnet/internal/mt19937"
)

// proxyCase is a network and batch of fixtures/proxies with scores that PyTorch
// computed of what its modules gave.
type proxyCase struct {
	Arch                        string
	C, N, Classes, Side, Images int
	Seed                        uint32
	Weights                     *string
	Labels                      []int
	XSeed                       uint32 `json:"x_seed"`
	Margin                      float64
	Layers                      []string
	Parts                       struct{ Fisher []float64 }
	K                           [][]int `json:"nwot_K"`
}

// TestTraceGivesPyTorchsScores computes two scores of what the modules of a
// network gave: Fisher's of convolutions' results and their gradients, and how
// many ReLUs two images have in common.
func TestTraceGivesPyTorchsScores(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(fixture.Shared(t, "fixtures/proxies"), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, p := range paths {
		var c proxyCase
		name := filepath.Base(p)
		if name == "cifar10.json" || name == "published.json" || name == "recipes.json" {
			continue
		}
		readJSON(t, "fixtures/proxies/"+name, &c)
		if c.Weights != nil || c.K == nil || c.Margin < 1e-5 {
			continue
		}
		checked++
		t.Run(strings.TrimSuffix(name, ".json"), func(t *testing.T) {
			eachKernels(t, func(t *testing.T, k ISA) { c.check(t, k) })
		})
	}
	if checked < 5 {
		t.Errorf("%d cases", checked)
	}
}

func (c proxyCase) check(t *testing.T, k ISA) {
	params, err := Initialize(network(t, parse(t, c.Arch), c.C, c.N, c.Classes), c.Seed)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, c.Images*3*c.Side*c.Side)
	random := mt19937.New(c.XSeed)
	for i := range x {
		x[i] = 4*random.Float24() - 2
	}
	outputs, fisher := map[string][]float32{}, map[string]float64{}
	common := make([][]int, c.Images)
	for i := range common {
		common[i] = make([]int, c.Images)
	}
	read := func(a Activation) {
		switch {
		case a.Kind == ConvOutput && !a.Gradient:
			outputs[a.Module] = slices.Clone(a.Numbers())
		case a.Kind == ConvOutput:
			fisher[a.Module] = fisherOf(a, outputs[a.Module])
		case a.Kind == ReLUInput:
			v := a.Numbers()
			for i := range c.Images {
				for j := range c.Images {
					for pixel := range a.Side * a.Side {
						for channel := range a.Channels {
							if (a.At(v, i, pixel, channel) > 0) == (a.At(v, j, pixel, channel) > 0) {
								common[i][j]++
							}
						}
					}
				}
			}
		}
	}
	net := newNet(t, params, c.Images, Options{Side: c.Side, Norm: NormByBatch, Gradients: true, Kernels: k, Trace: read})
	s, err := NewStepper(net, net.Loss)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	lossOf(t, s, x, c.Labels)
	for i, layer := range c.Layers[:len(c.Layers)-1] {
		numel := params.Learnable(layer + ".weight").Shape()
		got := fisher[layer] * float64(numel.TotalSize()/numel[0])
		if want := c.Parts.Fisher[i]; math.Abs(got-want) > 1e-4*want+1e-12 {
			t.Errorf("%s: %.9g, want %.9g", layer, got, want)
		}
	}
	for i, row := range common {
		if !slices.Equal(row, c.K[i]) {
			t.Fatalf("ReLUs that image %d has in common with others: %v, want %v", i, row, c.K[i])
		}
	}
}

// fisherOf sums, over channels, half the mean square over images of the sum
// over pixels of a result times its gradient.
func fisherOf(gradient Activation, output []float32) float64 {
	g := gradient.Numbers()
	var total float64
	for i := range gradient.Images {
		for channel := range gradient.Channels {
			var sum float64
			for pixel := range gradient.Side * gradient.Side {
				sum += float64(gradient.At(g, i, pixel, channel)) * float64(gradient.At(output, i, pixel, channel))
			}
			total += sum * sum / 2 / float64(gradient.Images)
		}
	}
	return total
}
