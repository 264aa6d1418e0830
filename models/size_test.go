package models

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/internal/fixture"
	"cellnet/weights"
)

// sizeNames are the networks of fixtures/size/nets.
func sizeNames() []string {
	return []string{"narrowest", "zigzag", "eight", "two", "drawn", "falling", "widest"}
}

// sizeReference is one of PyTorch's networks of widths.
type sizeReference struct {
	reference
	seed *uint32 // of the initialization; nil where there is a file of weights
}

func readSize(t testing.TB, name string) sizeReference {
	t.Helper()
	var r struct {
		Config struct {
			Channels, Genotype string
			Classes            int `json:"num_classes"`
		}
		Side int
		Seed *uint32
	}
	folder := "fixtures/size/nets/" + name
	readJSON(t, folder+"/arch.json", &r)
	widths, err := cell.ParseWidths(r.Config.Channels)
	if err != nil {
		t.Fatal(err)
	}
	n := cell.Network{Cell: parse(t, r.Config.Genotype), Widths: widths, Classes: r.Config.Classes}
	return sizeReference{reference{folder, n, r.Side}, r.Seed}
}

func (r sizeReference) parameters(t testing.TB) *Parameters {
	t.Helper()
	if r.seed == nil {
		return r.load(t, "weights.pth")
	}
	p, err := Initialize(r.config, *r.seed)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wanted is a group of PyTorch's tensors, whole or as digests: the norm, the
// first, two in between and the last.
type wanted struct {
	tensors *weights.StateDict
	digests map[string][]float64
}

func (r sizeReference) wanted(t testing.TB, file, group string) wanted {
	t.Helper()
	if r.seed == nil {
		return wanted{tensors: tensors(t, r.file(t, file+".pth"), group)}
	}
	text, err := os.ReadFile(fixture.Shared(t, r.folder+"/digest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]map[string][]float64
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return wanted{digests: all[file+"."+group]}
}

// has tells whether there is a tensor of a name.
func (w wanted) has(name string) bool {
	if w.tensors == nil {
		return w.digests[name] != nil
	}
	_, ok := w.tensors.Get(name)
	return ok
}

// differ returns the distance of a tensor and PyTorch's norm of it. Of a digest
// the distance is the largest of those of its numbers, by the length of the
// tensor, and of the norms.
func (w wanted) differ(t testing.TB, name string, got []float32) (d, n float64) {
	t.Helper()
	if w.tensors != nil {
		tensor, _ := w.tensors.Get(name)
		want, err := tensor.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		return distance(got, want), norm(want)
	}
	want := w.digests[name]
	last := len(got) - 1
	d = math.Abs(norm(got) - want[0])
	for i, at := range []int{0, last / 3, 2 * last / 3, last} {
		d = max(d, math.Abs(float64(got[at])-want[i+1]))
	}
	return d, want[0]
}

// total is the norm of all tensors together.
func (w wanted) total(t testing.TB) float64 {
	var total float64
	for _, digest := range w.digests {
		total = math.Hypot(total, digest[0])
	}
	if w.tensors != nil {
		for _, tensor := range w.tensors.All() {
			if v, err := tensor.Float32s(); err == nil {
				total = math.Hypot(total, norm(v))
			}
		}
	}
	return total
}

func TestWidthsInEvaluationEqualPyTorch(t *testing.T) {
	eachKernels(t, func(t *testing.T, k ISA) {
		for _, name := range sizeNames() {
			r := readSize(t, name)
			want := r.evaluated(t)
			images := len(want["logits"]) / r.config.Classes
			net := newNet(t, r.parameters(t), images, Options{Side: r.side, Kernels: k})
			p := NewPredictor(net)
			logits := predict(t, p, want["input"])
			if e := relativeNorm(logits, want["logits"]); e > 1e-5 {
				t.Errorf("%s: logits have a relative error of %.2g", name, e)
			}
			if e := relativeNorm(values(net.Features)[:len(want["features"])], want["features"]); e > 1e-5 {
				t.Errorf("%s: features have a relative error of %.2g", name, e)
			}
			p.Close()
		}
	})
}

func TestWidthsInTrainingEqualPyTorch(t *testing.T) {
	eachKernels(t, func(t *testing.T, k ISA) {
		for _, name := range sizeNames() {
			t.Run(name, func(t *testing.T) {
				r := readSize(t, name)
				f := r.file(t, "train.pth")
				images, labels := numbers(t, f, "input"), labelsOf(t, f)
				p := r.parameters(t)
				net := newNet(t, p, len(labels), Options{Side: r.side, Norm: NormByBatch, Gradients: true, Kernels: k})
				s, err := NewStepper(net, net.Loss)
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				loss := lossOf(t, s, images, labels)
				want, err := f.Entry("loss")
				if err != nil {
					t.Fatal(err)
				}
				if w := float64(want.(weights.Float)); relative(loss, w) > 1e-5 {
					t.Errorf("loss %.9g, want %.9g", loss, w)
				}
				logits, err := s.Logits()
				if err != nil {
					t.Fatal(err)
				}
				if e := relativeNorm(logits, numbers(t, f, "logits")); e > 1e-4 {
					t.Errorf("logits have a relative error of %.2g", e)
				}
				checkStatistics(t, p.StateDict(), tensors(t, f, "stats"), 2e-5)
				grads := r.wanted(t, "train", "grads")
				noise := gradNoise * grads.total(t)
				for _, n := range net.Learnables() {
					g, err := n.Grad()
					if err != nil {
						t.Fatal(err)
					}
					got := g.Data().([]float32)
					if !grads.has(n.Name()) {
						if norm(got) != 0 {
							t.Errorf("%s has a gradient, in PyTorch it has none", n.Name())
						}
						continue
					}
					if d, w := grads.differ(t, n.Name(), got); d > 1e-4*w && d > noise {
						t.Errorf("gradient of %s has a relative error of %.2g", n.Name(), d/w)
					}
				}
				var with []string
				for _, l := range s.Learnables() {
					with = append(with, l.(interface{ Name() string }).Name())
				}
				for _, n := range net.Learnables() {
					if grads.has(n.Name()) != slices.Contains(with, n.Name()) {
						t.Errorf("%s: solvers get it: %v, PyTorch's: %v", n.Name(), slices.Contains(with, n.Name()), grads.has(n.Name()))
					}
				}
			})
		}
	})
}

// sgd is a step of the recipe's solver.
func sgd(t testing.TB, s *Stepper, momenta map[string][]float32, rate float32) {
	t.Helper()
	for _, l := range s.Learnables() {
		name, v := l.(interface{ Name() string }).Name(), l.Value().Data().([]float32)
		grad, err := l.Grad()
		if err != nil {
			t.Fatal(err)
		}
		if momenta[name] == nil {
			momenta[name] = make([]float32, len(v))
		}
		for i, g := range grad.Data().([]float32) {
			g += 5e-4 * v[i]
			momenta[name][i] = 0.9*momenta[name][i] + g
			v[i] -= rate * (g + 0.9*momenta[name][i])
		}
	}
	if err := s.ZeroGrads(); err != nil {
		t.Fatal(err)
	}
}

func TestWidthsInStepsEqualPyTorch(t *testing.T) {
	eachKernels(t, func(t *testing.T, k ISA) {
		for _, name := range sizeNames() {
			t.Run(name, func(t *testing.T) {
				r := readSize(t, name)
				f := r.file(t, "trace.pth")
				images, labels := numbers(t, f, "inputs"), labelsOf(t, f)
				losses, rates := plain(t, f, "losses"), plain(t, f, "rates")
				p := r.parameters(t)
				n := len(labels) / len(losses)
				net := newNet(t, p, n, Options{Side: r.side, Norm: NormByBatch, Gradients: true, Kernels: k})
				s, err := NewStepper(net, net.Loss)
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				momenta := map[string][]float32{}
				size := n * net.imageSize()
				for i, want := range losses {
					got := lossOf(t, s, images[i*size:(i+1)*size], labels[i*n:(i+1)*n])
					if relative(got, want) > 1e-4 {
						t.Errorf("step %d: loss %.9g, want %.9g", i, got, want)
					}
					sgd(t, s, momenta, float32(rates[i]))
				}
				after := r.wanted(t, "trace", "after")
				noise := 1e-6 * after.total(t)
				for _, e := range p.Tensors() {
					limit, floor := 1e-3, noise
					switch {
					case e.Kind == cell.Batches:
						continue
					case !e.Kind.Learnable():
						limit = 1e-4
					}
					if base, ok := strings.CutSuffix(e.Name, ".running_mean"); ok {
						var variance float64
						for _, v := range p.floats(base + ".running_var") {
							variance += float64(v)
						}
						floor = max(floor, limit*1e-2*math.Sqrt(variance))
					}
					if d, w := after.differ(t, e.Name, p.floats(e.Name)); d > limit*w && d > floor {
						t.Errorf("%s is %.2g off, its norm is %.2g", e.Name, d, w)
					}
				}
			})
		}
	})
}

// plain reads a list of numbers.
func plain(t testing.TB, f *weights.File, name string) []float64 {
	t.Helper()
	v, err := f.Entry(name)
	if err != nil {
		t.Fatal(err)
	}
	list, ok := v.(weights.List)
	if !ok {
		t.Fatalf("entry %s is a %T", name, v)
	}
	var out []float64
	for _, x := range list {
		out = append(out, float64(x.(weights.Float)))
	}
	return out
}
