package models

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"testing"

	"cellnet/cell/supernet"
	"cellnet/weights"
)

func sizeSpace() supernet.Size {
	return supernet.Size{Candidates: []int{2, 4, 6, 8}, Widths: 5, Classes: 10}
}

// momentum is PyTorch's SGD with Nesterov's momentum and weight decay.
type momentum map[string][]float32

func (m momentum) step(t *testing.T, n *SizeSupernet, rate float64) {
	t.Helper()
	for name := range n.Reached() {
		g, err := n.Gradient(name)
		if err != nil {
			t.Fatal(err)
		}
		w := n.Parameters().Numbers(name)
		if m[name] == nil {
			m[name] = make([]float32, len(w))
		}
		for i, v := range w {
			d := g[i] + 5e-4*v
			m[name][i] = 0.9*m[name][i] + d
			w[i] -= float32(rate) * (d + 0.9*m[name][i])
		}
	}
}

// The first two steps of each algorithm up to the gradient of the architecture
// parameters: the first is one of the warm-up.
func TestSizeSupernetSteps(t *testing.T) {
	state := openFound(t, "fixtures/supernet/size-net.pth")[""].value.(*weights.StateDict)
	for _, name := range []string{"tas", "mask_gumbel", "mask_rl"} {
		t.Run(name, func(t *testing.T) {
			p, err := SizeSupernetFromStateDict(sizeSpace(), state)
			if err != nil {
				t.Fatal(err)
			}
			n, err := NewSizeSupernet(p, SupernetOptions{Side: 16, Capacity: 4, Training: true})
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			size, sgd := n.Parameters().Size(), momentum{}
			a, masks := p.Numbers(supernet.SizeArchitecture), p.Numbers(supernet.Masks)
			file := openFound(t, "fixtures/supernet/"+name+".pth")
			for number := range 2 {
				step := file["steps"].at(number)
				tau := step.at("tau").number()
				// layers gives the narrowings of a half, and the weights of the candidates.
				layers := func(half found) (all []Narrowing, p [][]float64) {
					for i := range size.Layers() {
						row := a[4*size.Row(i):][:4]
						switch {
						case half.at("actions").value != nil:
							k := int(half.at("actions", i).number())
							all = append(all, Narrowing{Channels: masks[8*k:][:8]})
						case half.at("chosen").value != nil:
							noise := half.at("gumbels").rows(4)[i]
							all = append(all, Narrowing{})
							l := &all[i]
							whole, two := gumbelSoftmax(row, noise, tau), make([]float64, 2)
							for j := range two {
								two[j] = whole[int(half.at("chosen", i, j).number())]
							}
							sum := two[0] + two[1]
							for j := range two {
								two[j] /= sum
								width := size.Candidates[int(half.at("chosen", i, j).number())]
								l.Stretches = append(l.Stretches, Stretch{width, float32(two[j])})
								l.To = max(l.To, width)
							}
							p = append(p, two)
						default:
							w := gumbelSoftmax(row, half.at("gumbels").rows(4)[i], tau)
							mask := make([]float32, 8)
							for k, v := range w {
								for c := range mask {
									mask[c] += float32(v) * masks[8*k+c]
								}
							}
							all, p = append(all, Narrowing{Channels: mask}), append(p, w)
						}
					}
					return all, p
				}
				base, arch := step.at("base"), step.at("arch")
				narrowings, _ := layers(base)
				pass, err := n.Run(base.at("inputs").float32s(), base.at("targets").ints(), narrowings, Wanted{Weights: true})
				if err != nil {
					t.Fatal(err)
				}
				near(t, "logits", pass.Logits, base.at("logits").float32s(), 2e-5, 0)
				for name, tensor := range base.at("grads").value.(*weights.StateDict).All() {
					want, err := tensor.Float32s()
					if err != nil {
						t.Fatal(err)
					}
					got, err := n.Gradient(name)
					if err != nil {
						t.Fatal(err)
					}
					near(t, fmt.Sprintf("step %d: gradient of %s", number, name), got, want, 1e-4, 1e-2)
				}
				sgd.step(t, n, step.at("lr").number())
				narrowings, weights := layers(arch)
				if pass, err = n.Run(arch.at("inputs").float32s(), arch.at("targets").ints(), narrowings, Wanted{Factors: true}); err != nil {
					t.Fatal(err)
				}
				near(t, "logits of the second half", pass.Logits, arch.at("logits").float32s(), 2e-5, 0)
				if number == 0 || name == "mask_rl" {
					continue
				}
				grad := make([]float64, len(a))
				for i, w := range weights {
					q, index := make([]float64, len(w)), make([]int, len(w))
					for j := range w {
						if index[j] = j; name == "tas" {
							q[j], index[j] = pass.Factors[i][j], int(arch.at("chosen", i, j).number())
							continue
						}
						for c := range 8 {
							q[j] += float64(masks[8*j+c]) * pass.Factors[i][c]
						}
					}
					mean := 0.0
					for j, v := range w {
						mean += v * q[j]
					}
					for j, v := range w {
						grad[4*size.Row(i)+index[j]] += v * (q[j] - mean) / tau
					}
				}
				got := make([]float32, len(grad))
				for i, v := range grad {
					got[i] = float32(v)
				}
				near(t, "gradient of the architecture", got, arch.at("grad").float32s(), 1e-4, 1e-3)
			}
		})
	}
}

func TestSizeSupernetInitialization(t *testing.T) {
	var cases []struct {
		Kind       string
		Seed       uint32
		Candidates []int
		Names      int
		Parameters int
		All        string `json:"sha256_of_all"`
		Normal     map[string][][]float64
	}
	readJSON(t, "fixtures/supernet/init.json", &cases)
	for _, c := range cases {
		if c.Kind != "size" {
			continue
		}
		p, _, err := InitializeSizeSupernet(supernet.Size{Candidates: c.Candidates, Widths: 5, Classes: 10}, c.Seed)
		if err != nil {
			t.Fatal(err)
		}
		whole, count := sha256.New(), 0
		for name := range p.Weights() {
			count += len(p.Numbers(name))
			if err := binary.Write(whole, binary.LittleEndian, p.Numbers(name)); err != nil {
				t.Fatal(err)
			}
		}
		if hex.EncodeToString(whole.Sum(nil)) != c.All || count != c.Parameters || len(p.Tensors()) != c.Names {
			t.Errorf("%v, seed %d: other weights: %d of %d tensors, want %d of %d", c.Candidates, c.Seed, count, len(p.Tensors()), c.Parameters, c.Names)
		}
		var want []float32
		for _, v := range slices.Concat(c.Normal[supernet.SizeArchitecture]...) {
			want = append(want, float32(v))
		}
		near(t, "architecture parameters", p.Numbers(supernet.SizeArchitecture), want, 1e-6, 0)
	}
}

func TestNarrowingRefused(t *testing.T) {
	p, _, err := InitializeSizeSupernet(sizeSpace(), 1)
	if err != nil {
		t.Fatal(err)
	}
	n, err := NewSizeSupernet(p, SupernetOptions{Side: 8, Capacity: 2, Training: true})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	good := slices.Repeat([]Narrowing{{Channels: make([]float32, 8)}}, 6)
	with := func(l Narrowing) []Narrowing { return append(slices.Clone(good[:5]), l) }
	for _, layers := range [][]Narrowing{
		good[:5], with(Narrowing{Channels: make([]float32, 4)}), with(Narrowing{Stretches: []Stretch{{2, 1}}, To: 9}),
		with(Narrowing{Stretches: []Stretch{{6, 1}}, To: 4}), with(Narrowing{Stretches: []Stretch{{0, 1}}, To: 4}),
	} {
		if _, err := n.Run(pattern(2*3*64), []int{0, 1}, layers, Wanted{}); err == nil {
			t.Errorf("%v: no error", layers)
		}
	}
	if pass, err := n.Run(pattern(2*3*64), []int{0, 1}, good, Wanted{}); err != nil || math.IsNaN(pass.Loss) {
		t.Errorf("loss %g, %v", pass.Loss, err)
	}
}
