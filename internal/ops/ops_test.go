package ops

import (
	"hash/fnv"
	"math"
	"slices"
	"testing"

	"cellnet/internal/block"
	"cellnet/internal/kernel"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

const (
	side     = 4
	channels = 3
	images   = 2
)

// stemGraph is a stem alone in a graph, with its parameters.
type stemGraph struct {
	graph  *gorgonia.ExprGraph
	x, y   *gorgonia.Node
	params gorgonia.Nodes
	batch  *Batch
}

func fill(n int, f func(i int) float32) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = f(i)
	}
	return v
}

func node(g *gorgonia.ExprGraph, name string, data []float32, shape ...int) *gorgonia.Node {
	return gorgonia.NewTensor(g, tensor.Float32, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name),
		gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))))
}

func newStemGraph(t *testing.T, s block.Statistics, gradients, inputGradient bool) *stemGraph {
	t.Helper()
	k, err := kernel.Best()
	if err != nil {
		t.Fatal(err)
	}
	g := gorgonia.NewGraph()
	sg := &stemGraph{graph: g, batch: NewBatch(images)}
	sg.x = node(g, "x", fill(images*3*side*side, func(i int) float32 { return float32(i*7%11) - 5 }), images, 3, side, side)
	sg.params = gorgonia.Nodes{
		node(g, "conv", fill(channels*27, func(i int) float32 { return float32(i*5%13)/13 - 0.4 }), channels, 3, 3, 3),
		node(g, "weight", fill(channels, func(int) float32 { return 1 }), channels),
		node(g, "bias", fill(channels, func(i int) float32 { return float32(i) }), channels),
	}
	state := block.ConvNorm{Norm: block.Norm{
		RunningMean: make([]float32, channels), RunningVar: fill(channels, func(int) float32 { return 1 }), Batches: new(int64),
	}}
	b := &Builder{Batch: sg.batch, Work: block.NewWorkspace(k, s), Gradients: gradients, InputGradient: inputGradient}
	if sg.y, err = b.Stem("stem", sg.x, side, channels, state, sg.params...); err != nil {
		t.Fatal(err)
	}
	return sg
}

func (s *stemGraph) run(t *testing.T, vm gorgonia.VM) []float32 {
	t.Helper()
	err := vm.RunAll()
	vm.Reset()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(s.y.Value().Data().([]float32))
}

// Folded weights are taken anew at every run, but for those that are frozen, and
// these are at every freeze.
func TestFrozenWeights(t *testing.T) {
	s := newStemGraph(t, block.Running, false, false)
	vm := gorgonia.NewTapeMachine(s.graph)
	defer vm.Close()
	weights := s.params[0].Value().Data().([]float32)
	before := s.run(t, vm)
	steps := []struct {
		name   string
		freeze func()
		same   bool // as the run before, though the weights have changed
	}{
		{"not frozen", func() {}, false},
		{"frozen", func() { s.batch.Freeze(true) }, false},
		{"still frozen", func() {}, true},
		{"frozen again", func() { s.batch.Freeze(true) }, false},
		{"frozen, again still", func() {}, true},
		{"released", func() { s.batch.Freeze(false) }, false},
		{"still released", func() {}, false},
		{"frozen after release", func() { s.batch.Freeze(true) }, false},
	}
	for _, step := range steps {
		weights[0]++
		step.freeze()
		got := s.run(t, vm)
		if slices.Equal(got, before) != step.same {
			t.Errorf("%s: the result stays: %v, want %v", step.name, !step.same, step.same)
		}
		before = got
	}
}

// Gorgonia merges nodes whose ops have equal hashes: ops with state never have.
func TestHashesDiffer(t *testing.T) {
	b := NewBatch(images)
	shape := tensor.Shape{images, 3}
	var seen []uint32
	for _, o := range []base{b.base("a", shape, shape), b.base("a", shape, shape), b.base("b", shape, shape), b.base("a", shape, shape, shape)} {
		h := fnv.New32a()
		o.WriteHash(h)
		if h.Sum32() != o.Hashcode() {
			t.Errorf("%s: Hashcode is not the hash of WriteHash", o.name)
		}
		if slices.Contains(seen, o.Hashcode()) {
			t.Errorf("%s has the hash of another op", o.name)
		}
		seen = append(seen, o.Hashcode())
	}
}

// Two blocks on the same input and parameters stay two nodes.
func TestEqualBlocksAreTwo(t *testing.T) {
	s := newStemGraph(t, block.OfBatch, true, false)
	k, err := kernel.Best()
	if err != nil {
		t.Fatal(err)
	}
	state := block.ConvNorm{Norm: block.Norm{RunningMean: make([]float32, channels), RunningVar: make([]float32, channels), Batches: new(int64)}}
	b := &Builder{Batch: s.batch, Work: block.NewWorkspace(k, block.OfBatch), Gradients: true}
	other, err := b.Stem("stem", s.x, side, channels, state, s.params...)
	if err != nil {
		t.Fatal(err)
	}
	if other == s.y {
		t.Error("the second block is the first")
	}
}

// The gradients of the parameters and of the images, by differences.
func TestGradientOps(t *testing.T) {
	s := newStemGraph(t, block.Running, true, true)
	squares, err := gorgonia.Square(s.y)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := gorgonia.Sum(squares)
	if err != nil {
		t.Fatal(err)
	}
	by := append(slices.Clone(s.params), s.x)
	grads, err := gorgonia.Grad(sum, by...)
	if err != nil {
		t.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(s.graph)
	defer vm.Close()
	value := func() float64 {
		var total float64
		for _, v := range s.run(t, vm) {
			total += float64(v) * float64(v)
		}
		return total
	}
	value()
	for i, n := range by {
		got := slices.Clone(grads[i].Value().Data().([]float32))
		numbers := n.Value().Data().([]float32)
		for _, j := range []int{0, len(numbers) / 2, len(numbers) - 1} {
			const step = 1e-2 // the sum is quadratic: differences are exact but for rounding
			old := numbers[j]
			numbers[j] = old + step
			up := value()
			numbers[j] = old - step
			down := value()
			numbers[j] = old
			if want := (up - down) / (2 * step); math.Abs(want-float64(got[j])) > 2e-3*(1+math.Abs(want)) {
				t.Errorf("gradient %d of %s is %g, differences give %g", j, n.Name(), got[j], want)
			}
		}
	}
}

func TestWhatHasNoGradient(t *testing.T) {
	s := newStemGraph(t, block.OfBatch, false, false)
	sum, err := gorgonia.Sum(s.y)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gorgonia.Grad(sum, s.params...); err == nil {
		t.Error("a block built without gradients: no error")
	}
}

func TestBatchesOutOfRange(t *testing.T) {
	b := NewBatch(images)
	for _, n := range []int{-1, 0, images + 1} {
		if err := b.Use(n); err == nil {
			t.Errorf("a batch of %d of %d images: no error", n, images)
		}
	}
	if err := b.Use(1); err != nil || b.N() != 1 {
		t.Errorf("%d images, %v", b.N(), err)
	}
}

// The loss of labels by log-softmax, and its gradient.
func TestCrossEntropy(t *testing.T) {
	logits := []float32{1, 2, 3}
	sum := math.Exp(1) + math.Exp(2) + math.Exp(3)
	for _, smoothing := range []float64{0, 0.3} {
		want := 0.0
		for k, v := range logits {
			target := smoothing / 3
			if k == 1 {
				target += 1 - smoothing
			}
			want -= target * (float64(v) - math.Log(sum))
		}
		if got := CrossEntropy(logits, 1, smoothing); math.Abs(got-want) > 1e-9 {
			t.Errorf("smoothing %g: loss %g, want %g", smoothing, got, want)
		}
	}
}
