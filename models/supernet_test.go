package models

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"testing"

	"cellnet/cell"
	"cellnet/cell/supernet"
	"cellnet/weights"
)

// The first pass of each algorithm in training: logits, loss and gradients are
// PyTorch's.
func TestSupernetPasses(t *testing.T) {
	start := openFound(t, "fixtures/supernet/net.pth")[""]
	for _, c := range []struct {
		name          string
		affine, track bool
	}{{name: "darts-v1"}, {name: "darts-v1-affine", affine: true, track: true}, {name: "darts-v1-track", track: true}, {name: "setn"}, {name: "random"}, {name: "gdas"}, {name: "gdas_v1"}, {name: "drop-path"}} {
		t.Run(c.name, func(t *testing.T) {
			file := openFound(t, "fixtures/supernet/"+c.name+".pth")
			from := start
			if s, ok := file["start"]; ok {
				from = s
			}
			topology := supernet.Topology{C: 4, N: 1, Nodes: 4, Classes: 10, Affine: c.affine, Track: c.track}
			base := file["steps"].at(0, "base")
			images, labels := base.at("inputs").float32s(), base.at("targets").ints()
			n := topologyNet(t, topology, from, true, len(labels), 16)
			a := n.Parameters().Numbers(supernet.Architecture)
			var m Mixture
			factors := softmaxRows(a, 5)
			switch c.name {
			case "setn", "random":
				m.Ops = base.at("ops").ops()
			case "gdas", "gdas_v1":
				m.Factors = base.at("weights").rows(5)
				m.Ops = [][]cell.Op{nil}
				for _, k := range base.at("index").ints() {
					m.Ops[0] = append(m.Ops[0], cell.Ops()[k])
				}
			case "drop-path":
				m.Factors = factors
				for _, row := range base.at("masks").rows(len(labels)) {
					for i := range row {
						row[i] /= 0.75
					}
					m.Drop = append(m.Drop, row)
				}
			default:
				m.Factors = factors
			}
			pass, err := n.Run(images, labels, m, Wanted{Weights: true, Factors: true})
			if err != nil {
				t.Fatal(err)
			}
			near(t, "logits", pass.Logits, base.at("logits").float32s(), 2e-5, 0)
			if want := base.at("loss").number(); math.Abs(pass.Loss-want) > 2e-5*want {
				t.Errorf("loss %g, want %g", pass.Loss, want)
			}
			reached := slices.Collect(n.Reached(m))
			grads := base.at("grads").value.(*weights.StateDict)
			var names []string
			for name, tensor := range grads.All() {
				names = append(names, name)
				want, err := tensor.Float32s()
				if err != nil {
					t.Fatal(err)
				}
				got, err := n.Gradient(name)
				if err != nil {
					t.Fatal(err)
				}
				near(t, "gradient of "+name, got, want, 1e-4, 1e-2)
			}
			slices.Sort(names)
			slices.Sort(reached)
			if !slices.Equal(names, reached) {
				t.Errorf("%d weights are reached, want %d", len(reached), len(names))
			}
		})
	}
}

// gumbelSoftmax is a row's weights in GDAS.
func gumbelSoftmax(a, noise []float32, tau float64) []float64 {
	softmax := func(x []float64) []float64 {
		top, sum := slices.Max(x), 0.0
		out := make([]float64, len(x))
		for i, v := range x {
			out[i] = math.Exp(v - top)
			sum += out[i]
		}
		for i := range out {
			out[i] /= sum
		}
		return out
	}
	x := make([]float64, len(a))
	for i, v := range a {
		x[i] = float64(v)
	}
	for i, p := range softmax(x) {
		x[i] = (math.Log(p) + float64(noise[i])) / tau
	}
	return softmax(x)
}

// The first step of an algorithm up to the gradient of the architecture parameters:
// it depends on what the step on the weights made of them.
func TestSupernetArchitectureGradients(t *testing.T) {
	start := openFound(t, "fixtures/supernet/net.pth")[""]
	for _, c := range []struct {
		name          string
		affine, track bool
	}{{name: "darts-v1"}, {name: "darts-v1-affine", affine: true, track: true}, {name: "darts-v1-track", track: true}, {name: "setn"}, {name: "gdas"}, {name: "gdas_v1"}} {
		t.Run(c.name, func(t *testing.T) {
			file := openFound(t, "fixtures/supernet/"+c.name+".pth")
			from := start
			if s, ok := file["start"]; ok {
				from = s
			}
			step := file["steps"].at(0)
			topology := supernet.Topology{C: 4, N: 1, Nodes: 4, Classes: 10, Affine: c.affine, Track: c.track}
			n := topologyNet(t, topology, from, true, 8, 16)
			a := n.Parameters().Numbers(supernet.Architecture)
			mixture := func(half found) Mixture {
				switch {
				case half.at("index").value != nil:
					m := Mixture{Factors: half.at("weights").rows(5), Ops: [][]cell.Op{nil}}
					for _, k := range half.at("index").ints() {
						m.Ops[0] = append(m.Ops[0], cell.Ops()[k])
					}
					return m
				case half.at("ops").value != nil:
					return Mixture{Ops: half.at("ops").ops()}
				}
				return Mixture{Factors: softmaxRows(a, 5)}
			}
			base, arch := step.at("base"), step.at("arch")
			m := mixture(base)
			if _, err := n.Run(base.at("inputs").float32s(), base.at("targets").ints(), m, Wanted{Weights: true}); err != nil {
				t.Fatal(err)
			}
			for name := range n.Reached(m) {
				g, err := n.Gradient(name)
				if err != nil {
					t.Fatal(err)
				}
				w := n.Parameters().Numbers(name)
				for i := range w { // the first step of Nesterov's momentum with weight decay
					w[i] -= float32(step.at("lr").number() * 1.9 * (float64(g[i]) + 5e-4*float64(w[i])))
				}
			}
			m = mixture(arch)
			pass, err := n.Run(arch.at("inputs").float32s(), arch.at("targets").ints(), m, Wanted{Factors: true})
			if err != nil {
				t.Fatal(err)
			}
			near(t, "logits", pass.Logits, arch.at("logits").float32s(), 2e-5, 0)
			var grad []float32
			if arch.at("gumbels").value == nil {
				grad = softmaxGrad(m.Factors, pass.Factors)
			} else {
				tau := step.at("tau").number()
				for e, noise := range arch.at("gumbels").rows(5) {
					p := gumbelSoftmax(a[5*e:][:5], noise, tau)
					k := supernet.Number(m.Ops[0][e])
					q, mean := make([]float64, 5), 0.0
					for o := range q {
						if q[o] = pass.Factors[e][o]; c.name == "gdas" && o != k {
							q[o] = pass.Sums[e]
						}
						mean += p[o] * q[o]
					}
					for o := range q {
						grad = append(grad, float32(p[o]*(q[o]-mean)/tau))
					}
				}
			}
			near(t, "gradient of the architecture", grad, arch.at("grad").float32s(), 1e-4, 1e-3)
			if c.track {
				after := file["after"].value.(*weights.StateDict)
				for name, tensor := range after.All() {
					if e, _ := tensorNamed(topology, name); e.Kind == cell.RunningMean || e.Kind == cell.RunningVar {
						want, err := tensor.Float32s()
						if err != nil {
							t.Fatal(err)
						}
						near(t, name, n.Parameters().Numbers(name), want, 2e-5, 1e-3)
					}
				}
			}
		})
	}
}

// Evaluation of cells, some with nodes that nothing leads to, of the mixture and of a
// sampled one.
func TestSupernetEvaluation(t *testing.T) {
	file := openFound(t, "fixtures/supernet/select.pth")
	n := topologyNet(t, supernet.Topology{C: 4, N: 1, Nodes: 4, Classes: 10}, openFound(t, "fixtures/supernet/net.pth")[""], false, 16, 16)
	a := n.Parameters().Numbers(supernet.Architecture)
	compare := func(what string, one found, m Mixture) {
		batch := file["data"].at(int(one.at("batch").number()))
		pass, err := n.Run(batch.at("inputs").float32s(), batch.at("targets").ints(), m, Wanted{})
		if err != nil {
			t.Fatal(err)
		}
		near(t, what, pass.Logits, one.at("logits").float32s(), 2e-5, 0)
		if want := one.at("loss").number(); math.Abs(pass.Loss-want) > 2e-5*want {
			t.Errorf("%s: loss %g, want %g", what, pass.Loss, want)
		}
	}
	for i := range file["cells"].value.(weights.List) {
		one := file["cells"].at(i)
		compare(fmt.Sprint("cell ", i), one, Mixture{Ops: one.at("ops").ops()})
	}
	compare("joint", file["joint"], Mixture{Factors: softmaxRows(a, 5)})
	gdas := file["gdas"]
	m := Mixture{Ops: [][]cell.Op{nil}}
	for e, noise := range gdas.at("gumbels").rows(5) {
		p := gumbelSoftmax(a[5*e:][:5], noise, gdas.at("tau").number())
		m.Ops[0] = append(m.Ops[0], cell.Ops()[slices.Index(p, slices.Max(p))])
	}
	compare("gdas", gdas, m)
}

// Seeded tensors are PyTorch's, bit for bit but for normal numbers.
func TestSupernetInitialization(t *testing.T) {
	var cases []struct {
		Kind       string
		Seed       uint32
		C, N       int
		Names      int
		Parameters int
		SHA256     map[string]string `json:"sha256"`
		All        string            `json:"sha256_of_all"`
		Normal     map[string][][]float64
	}
	readJSON(t, "fixtures/supernet/init.json", &cases)
	for _, c := range cases {
		if c.Kind != "topology" && c.Kind != "affine" {
			continue
		}
		t.Run(fmt.Sprint(c.Kind, c.C, c.N, c.Seed), func(t *testing.T) {
			affine := c.Kind == "affine"
			p, random, err := InitializeSupernet(supernet.Topology{C: c.C, N: c.N, Nodes: 4, Classes: 10, Affine: affine, Track: affine}, c.Seed)
			if err != nil {
				t.Fatal(err)
			}
			p.DrawArchitecture(random)
			p.DrawArchitecture(random)
			if len(p.Tensors()) != c.Names {
				t.Errorf("%d tensors, want %d", len(p.Tensors()), c.Names)
			}
			whole, count := sha256.New(), 0
			for name := range p.Weights() {
				numbers := p.Numbers(name)
				count += len(numbers)
				one := sha256.New()
				if err := binary.Write(io.MultiWriter(whole, one), binary.LittleEndian, numbers); err != nil {
					t.Fatal(err)
				}
				if want, ok := c.SHA256[name]; ok && hex.EncodeToString(one.Sum(nil)) != want {
					t.Errorf("%s differs", name)
				}
			}
			if hex.EncodeToString(whole.Sum(nil)) != c.All {
				t.Error("the weights differ")
			}
			if count != c.Parameters {
				t.Errorf("%d weights, want %d", count, c.Parameters)
			}
			var want []float32
			for _, row := range c.Normal[supernet.Architecture] {
				for _, v := range row {
					want = append(want, float32(v))
				}
			}
			near(t, "architecture parameters", p.Numbers(supernet.Architecture), want, 1e-6, 0)
		})
	}
}

// The published size as seeded.
func TestSupernetOfPublishedSize(t *testing.T) {
	file := openFound(t, "fixtures/supernet/full.pth")
	p, _, err := InitializeSupernet(supernet.Topology{C: 16, N: 5, Nodes: 4, Classes: 10}, uint32(file["seed"].number()))
	if err != nil {
		t.Fatal(err)
	}
	a := p.Numbers(supernet.Architecture)
	copy(a, file["arch_parameters"].float32s())
	n, err := NewSupernet(p, SupernetOptions{Side: 16, Capacity: 4, Training: true})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	base, arch := file["base"], file["arch"]
	m := Mixture{Factors: softmaxRows(a, 5)}
	pass, err := n.Run(base.at("inputs").float32s(), base.at("targets").ints(), m, Wanted{Weights: true, Factors: true})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "logits", pass.Logits, base.at("logits").float32s(), 3e-4, 0)
	near(t, "gradient of the architecture", softmaxGrad(m.Factors, pass.Factors), base.at("grad").float32s(), 3e-4, 1e-3)
	m = Mixture{Ops: [][]cell.Op{nil}}
	var p10 [][]float64
	for e, noise := range arch.at("gumbels").rows(5) {
		p := gumbelSoftmax(a[5*e:][:5], noise, 10)
		p10 = append(p10, p)
		m.Ops[0] = append(m.Ops[0], cell.Ops()[slices.Index(p, slices.Max(p))])
	}
	if pass, err = n.Run(arch.at("inputs").float32s(), arch.at("targets").ints(), m, Wanted{Factors: true}); err != nil {
		t.Fatal(err)
	}
	near(t, "sampled logits", pass.Logits, arch.at("logits").float32s(), 3e-4, 0)
	var grad []float32
	for e, p := range p10 {
		k, mean := supernet.Number(m.Ops[0][e]), 0.0
		q := make([]float64, 5)
		for o := range q {
			if q[o] = pass.Factors[e][o]; o != k {
				q[o] = pass.Sums[e]
			}
			mean += p[o] * q[o]
		}
		for o := range q {
			grad = append(grad, float32(p[o]*(q[o]-mean)/10))
		}
	}
	near(t, "gradient of the architecture by sampling", grad, arch.at("grad").float32s(), 3e-4, 1e-3)
}

// The same bits on any number of processors.
func TestSupernetThreads(t *testing.T) {
	var want []float32
	for _, processors := range []int{1, 2, 3} {
		before := runtime.GOMAXPROCS(processors)
		p, _, err := InitializeSupernet(supernet.Topology{C: 4, N: 1, Nodes: 4, Classes: 10, Track: true}, 1)
		if err != nil {
			t.Fatal(err)
		}
		n, err := NewSupernet(p, SupernetOptions{Side: 16, Capacity: 5, Training: true})
		if err != nil {
			t.Fatal(err)
		}
		var got []float32
		for _, m := range []Mixture{{}, {Ops: [][]cell.Op{{cell.NorConv3x3, cell.None, cell.NorConv1x1, cell.SkipConnect, cell.AvgPool3x3, cell.NorConv3x3}}}} {
			pass, err := n.Run(pattern(5*3*16*16), []int{1, 2, 3, 4, 5}, m, Wanted{Weights: true, Factors: true})
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, pass.Logits...)
			for _, row := range append(pass.Factors, pass.Sums) {
				for _, v := range row {
					got = append(got, float32(v))
				}
			}
			for name := range p.Weights() {
				g, err := n.Gradient(name)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, g...)
			}
		}
		n.Close()
		runtime.GOMAXPROCS(before)
		if want == nil {
			want = got
		} else if !slices.Equal(got, want) {
			t.Errorf("other bits with %d processors", processors)
		}
	}
}

// pattern is n numbers that are neither equal nor random.
func pattern(n int) []float32 {
	numbers := make([]float32, n)
	for i := range numbers {
		numbers[i] = float32(math.Sin(float64(i) * 0.37))
	}
	return numbers
}

// A step of a search: the mixture's weights and architecture, a sampled cell's.
func BenchmarkSupernet(b *testing.B) {
	const batch = 64
	p, _, err := InitializeSupernet(supernet.Topology{C: 16, N: 5, Nodes: 4, Classes: 10}, 1)
	if err != nil {
		b.Fatal(err)
	}
	n, err := NewSupernet(p, SupernetOptions{Side: 32, Capacity: batch, Training: true})
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	images, labels := pattern(batch*3*32*32), make([]int, batch)
	joint := Mixture{Factors: softmaxRows(make([]float32, 30), 5)}
	sampled := Mixture{Ops: [][]cell.Op{{cell.NorConv3x3, cell.SkipConnect, cell.NorConv1x1, cell.NorConv3x3, cell.AvgPool3x3, cell.None}}}
	for name, passes := range map[string][]struct {
		m Mixture
		w Wanted
	}{
		"darts-v1": {{joint, Wanted{Weights: true}}, {joint, Wanted{Factors: true}}},
		"gdas":     {{sampled, Wanted{Weights: true}}, {sampled, Wanted{Factors: true}}},
		"setn":     {{sampled, Wanted{Weights: true}}, {joint, Wanted{Factors: true}}},
		"random":   {{sampled, Wanted{Weights: true}}, {sampled, Wanted{}}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for _, p := range passes {
					if _, err := n.Run(images, labels, p.m, p.w); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
