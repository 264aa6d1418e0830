package models

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path"
	"runtime"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/internal/fixture"
	"cellnet/weights"

	"gorgonia.org/gorgonia"
)

// The networks of fixtures/nets, made by PyTorch.
func netNames() []string {
	return []string{"readme", "all-ops", "dead-node", "disconnected", "all-none", "pools", "narrow"}
}

// reference is one of PyTorch's networks.
type reference struct {
	folder string
	config cell.Network
	side   int
}

func readReference(t testing.TB, name string) reference {
	t.Helper()
	var r struct {
		Arch                string
		C, N, Classes, Side int
	}
	readJSON(t, path.Join("fixtures/nets", name, "arch.json"), &r)
	return reference{"fixtures/nets/" + name, network(t, parse(t, r.Arch), r.C, r.N, r.Classes), r.Side}
}

func network(t testing.TB, c cell.Cell, channels, cells, classes int) cell.Network {
	t.Helper()
	n, err := cell.NewNetwork(c, channels, cells, classes)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (r reference) file(t testing.TB, name string) *weights.File {
	t.Helper()
	f, err := weights.OpenFile(fixture.Shared(t, path.Join(r.folder, name)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// entryTensor reads an entry of a file.
func entryTensor(t testing.TB, f *weights.File, name string) weights.Tensor {
	t.Helper()
	v, err := f.Entry(name)
	if err != nil {
		t.Fatal(err)
	}
	tensor, ok := v.(weights.Tensor)
	if !ok {
		t.Fatalf("entry %s is a %T", name, v)
	}
	return tensor
}

func numbers(t testing.TB, f *weights.File, name string) []float32 {
	t.Helper()
	v, err := entryTensor(t, f, name).Float32s()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// evaluated reads eval.pth, which is a plain dict of tensors.
func (r reference) evaluated(t testing.TB) map[string][]float32 {
	t.Helper()
	n, err := r.file(t, "eval.pth").Select(weights.Selector{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := n.Load()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]float32{}
	for name, tensor := range s.All() {
		if all[name], err = tensor.Float32s(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func labelsOf(t testing.TB, f *weights.File) []int {
	t.Helper()
	v, err := entryTensor(t, f, "labels").Int64s()
	if err != nil {
		t.Fatal(err)
	}
	labels := make([]int, len(v))
	for i, x := range v {
		labels[i] = int(x)
	}
	return labels
}

// tensors reads a named group of tensors: a network of the file or a plain
// dict.
func tensors(t testing.TB, f *weights.File, name string) *weights.StateDict {
	t.Helper()
	for _, n := range f.Networks() {
		if n.Entry == name {
			s, err := n.Load()
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
	v, err := f.Entry(name)
	if err != nil {
		t.Fatal(err)
	}
	switch v := v.(type) {
	case *weights.StateDict:
		return v
	case weights.Dict:
		s := new(weights.StateDict)
		for _, e := range v {
			s.Set(e.Name, e.Value.(weights.Tensor))
		}
		return s
	}
	t.Fatalf("entry %s is a %T", name, v)
	return nil
}

func (r reference) load(t testing.TB, name string) *Parameters {
	t.Helper()
	n, err := r.file(t, name).Select(weights.Selector{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := n.Load()
	if err != nil {
		t.Fatal(err)
	}
	p, err := FromStateDict(r.config, s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func norm(v []float32) float64 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}

// distance is the norm of got-want.
func distance(got, want []float32) float64 {
	d := make([]float32, len(want))
	for i := range want {
		d[i] = got[i] - want[i]
	}
	return norm(d)
}

func relativeNorm(got, want []float32) float64 {
	if norm(want) == 0 {
		return distance(got, want)
	}
	return distance(got, want) / norm(want)
}

func eachKernels(t *testing.T, f func(t *testing.T, k ISA)) {
	for _, k := range SupportedISAs() {
		t.Run(k.String(), func(t *testing.T) { f(t, k) })
	}
}

// newNet builds a network with room for one image more than it is given, so
// that incomplete batches are what is tested.
func newNet(t testing.TB, p *Parameters, images int, o Options) *Network {
	t.Helper()
	o.Capacity = images + 1
	net, err := New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func predict(t testing.TB, p *Predictor, images []float32) []float32 {
	t.Helper()
	logits, err := p.Predict(images)
	if err != nil {
		t.Fatal(err)
	}
	return logits
}

func values(n *gorgonia.Node) []float32 { return n.Value().Data().([]float32) }

func TestEvaluationEqualsPyTorch(t *testing.T) {
	eachKernels(t, func(t *testing.T, k ISA) {
		for _, name := range netNames() {
			for _, file := range []string{"weights.pth", "weights-zip.pth"} {
				r := readReference(t, name)
				want := r.evaluated(t)
				net := newNet(t, r.load(t, file), 4, Options{Side: r.side, Kernels: k})
				p := NewPredictor(net)
				predict(t, p, want["input"])
				for what, node := range map[string]*gorgonia.Node{"features": net.Features, "logits": net.Logits} {
					want := want[what]
					if e := relativeNorm(values(node)[:len(want)], want); e > 1e-5 {
						t.Errorf("%s, %s: %s have a relative error of %.2g", name, file, what, e)
					}
					if rest := values(node)[len(want):]; norm(rest) != 0 {
						t.Errorf("%s: %s of images that are not there: %v", name, what, rest)
					}
				}
				p.Close()
			}
		}
	})
}

// trained is one training step's results.
type trained struct {
	loss  float64
	grads map[string][]float32
	after *weights.StateDict
}

func (r reference) train(t testing.TB, p *Parameters, k ISA, images []float32, labels []int) trained {
	t.Helper()
	net := newNet(t, p, len(labels), Options{Side: r.side, Norm: NormByBatch, Gradients: true, Kernels: k})
	s, err := NewStepper(net, net.Loss)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Run(images, labels); err != nil {
		t.Fatal(err)
	}
	loss, err := s.Objective()
	if err != nil {
		t.Fatal(err)
	}
	out := trained{loss, map[string][]float32{}, p.StateDict()}
	for _, n := range net.Learnables() {
		g, err := n.Grad()
		if err != nil {
			t.Fatal(err)
		}
		out.grads[n.Name()] = slices.Clone(g.Data().([]float32))
	}
	return out
}

// gradNoise is how large a gradient that is zero in exact arithmetic may be, by
// the norm of all gradients together: a norm's bias right before another batch
// norm has one, and what PyTorch's file says of it is rounding.
const gradNoise = 3e-7

// worst returns the largest relative error of the gradients, and where it is.
func worst(t testing.TB, got trained, want *weights.StateDict) (float64, string) {
	var total float64
	for _, w := range want.All() {
		v, err := w.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		total = math.Hypot(total, norm(v))
	}
	largest, at := 0.0, ""
	for name, w := range want.All() {
		v, _ := w.Float32s()
		n, d := norm(v), distance(got.grads[name], v)
		e := d / n
		switch {
		case n == 0 && d == 0:
			continue
		case n == 0:
			e = math.Inf(1)
		case n < gradNoise*total && d < gradNoise*total:
			continue
		}
		if e > largest {
			largest, at = e, name
		}
	}
	return largest, at
}

// A gradient jumps where the input of a ReLU crosses zero. In two of PyTorch's
// files some inputs lie so near to zero (below 2e-5) that the rounding of
// float32 decided their sign: PyTorch's own gradients in float64 differ from
// those files by 2e-3 and 1.6e-2 in single tensors. There, the gradient must be
// PyTorch's once these inputs lie clearly on the file's side, by a nudge of the
// norms' biases in front of them.
func nudges(name string) []nudge {
	return map[string][]nudge{
		"all-ops": {
			{"cells.0.layers.2.op.2.bias", 3, -5e-6},
			{"cells.1.conv_a.op.2.bias", 0, 6.5e-6},
			{"cells.2.layers.0.op.2.bias", 14, 9e-6},
			{"cells.2.layers.0.op.2.bias", 30, 5e-6},
			{"cells.2.layers.2.op.2.bias", 14, 5e-6},
			{"lastact.0.bias", 0, 5e-6},
		},
		"readme": {
			{"cells.0.layers.4.op.2.bias", 4, 5e-6},
			{"cells.1.layers.4.op.2.bias", 5, -5.5e-6},
			{"cells.1.layers.4.op.2.bias", 9, 5e-6},
			{"cells.2.layers.0.op.2.bias", 10, 5e-6},
			{"cells.2.layers.4.op.2.bias", 14, -5e-6},
			{"cells.7.layers.0.op.2.bias", 6, -1.4e-5},
			{"cells.8.layers.0.op.2.bias", 7, -2.1e-5},
			{"cells.8.layers.0.op.2.bias", 30, -5e-6},
			{"cells.10.layers.4.op.2.bias", 20, 2e-5},
			{"cells.15.layers.0.op.2.bias", 29, -6e-6},
		},
	}[name]
}

type nudge struct {
	bias    string
	channel int
	by      float32
}

func TestTrainingEqualsPyTorch(t *testing.T) {
	eachKernels(t, func(t *testing.T, k ISA) {
		for _, name := range netNames() {
			t.Run(name, func(t *testing.T) {
				r := readReference(t, name)
				f := r.file(t, "train.pth")
				images, labels := numbers(t, f, "input"), labelsOf(t, f)
				got := r.train(t, r.load(t, "weights.pth"), k, images, labels)

				lossOf, err := f.Entry("loss")
				if err != nil {
					t.Fatal(err)
				}
				if want := float64(lossOf.(weights.Float)); relative(got.loss, want) > 1e-6 {
					t.Errorf("loss %.9g, want %.9g", got.loss, want)
				}
				checkStatistics(t, got.after, tensors(t, f, "after"), 1e-5)
				want := tensors(t, f, "grads")
				e, at := worst(t, got, want)
				if e <= 1e-4 {
					return
				}
				if nudges(name) == nil {
					t.Errorf("gradient of %s has a relative error of %.2g", at, e)
					return
				}
				t.Logf("gradient of %s has a relative error of %.2g as it is", at, e)
				p := r.load(t, "weights.pth")
				for _, n := range nudges(name) {
					p.floats(n.bias)[n.channel] += n.by
				}
				if e, at = worst(t, r.train(t, p, k, images, labels), want); e > 1e-4 {
					t.Errorf("gradient of %s has a relative error of %.2g after nudges", at, e)
				}
			})
		}
	})
}

// checkStatistics compares running statistics and counts. A mean that is nearly
// zero is compared by the deviation of the values that it is a mean of, to 1e-7.
func checkStatistics(t *testing.T, got, want *weights.StateDict, limit float64) {
	t.Helper()
	for name, w := range want.All() {
		g, ok := got.Get(name)
		if !ok {
			t.Errorf("no tensor %s", name)
			continue
		}
		if strings.HasSuffix(name, ".num_batches_tracked") {
			if !slices.Equal(g.Data, w.Data) {
				t.Errorf("%s differs", name)
			}
			continue
		}
		x, _ := g.Float32s()
		y, _ := w.Float32s()
		scale := norm(y)
		if base, ok := strings.CutSuffix(name, ".running_mean"); ok {
			v, _ := want.Get(base + ".running_var")
			variances, _ := v.Float32s()
			var sum float64
			for _, v := range variances {
				sum += float64(v)
			}
			scale = max(scale, 1e-2*math.Sqrt(sum))
		}
		if e := distance(x, y); e > limit*scale {
			t.Errorf("%s is off by %.2g, its norm is %.2g", name, e, norm(y))
		}
	}
}

func TestSameBitsForAnyThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	eachKernels(t, func(t *testing.T, k ISA) {
		var first []string
		for _, threads := range []int{1, 2, 3} {
			runtime.GOMAXPROCS(threads)
			r := reference{"tiny", network(t, parse(t, "|nor_conv_3x3~0|+|nor_conv_1x1~0|nor_conv_3x3~1|"), 5, 1, 3), 16}
			p, err := Initialize(r.config, 9)
			if err != nil {
				t.Fatal(err)
			}
			images, labels := make([]float32, 21*3*16*16), make([]int, 21)
			for i := range images {
				images[i] = float32(i%13) - 6
			}
			got := r.train(t, p, k, images, labels)
			bits := []string{fmt.Sprint(math.Float64bits(got.loss))}
			for _, e := range p.Tensors() {
				bits = append(bits, fmt.Sprint(got.grads[e.Name]))
			}
			if first == nil {
				first = bits
			}
			if !slices.Equal(bits, first) {
				t.Errorf("%d threads: other bits than one thread", threads)
			}
		}
	})
}

// An evaluation doesn't depend on the batches that images come in.
func TestEvaluationOfAnyBatch(t *testing.T) {
	eachKernels(t, func(t *testing.T, k ISA) {
		config := network(t, parse(t, "|nor_conv_3x3~0|+|nor_conv_1x1~0|nor_conv_3x3~1|"), 16, 1, 3)
		p, err := Initialize(config, 9)
		if err != nil {
			t.Fatal(err)
		}
		const count, side = 24, 32
		images := make([]float32, count*3*side*side)
		random := rand.New(rand.NewPCG(2, 2))
		for i := range images {
			images[i] = float32(random.NormFloat64())
		}
		var first []float32
		for _, capacity := range []int{24, 8, 16, 3} {
			net, err := New(p, Options{Side: side, Capacity: capacity, Kernels: k})
			if err != nil {
				t.Fatal(err)
			}
			predictor := NewPredictor(net)
			var all []float32
			for from := 0; from < count; from += capacity {
				n := min(capacity, count-from)
				all = append(all, predict(t, predictor, images[from*3*side*side:(from+n)*3*side*side])...)
			}
			predictor.Close()
			if first == nil {
				first = all
			}
			if !slices.Equal(all, first) {
				t.Errorf("batches of %d: relative error %.2g", capacity, relativeNorm(all, first))
			}
		}
	})
}
