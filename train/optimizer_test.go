package train

import (
	"math"
	"slices"
	"strings"
	"testing"

	"cellnet/weights"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// fakeNode is a parameter outside of any graph.
type fakeNode struct {
	name        string
	value, grad *tensor.Dense
}

func (f fakeNode) Name() string                  { return f.name }
func (f fakeNode) Value() gorgonia.Value         { return f.value }
func (f fakeNode) Grad() (gorgonia.Value, error) { return f.grad, nil }
func (f fakeNode) numbers() []float32            { return f.value.Data().([]float32) }
func (f fakeNode) setGrad(numbers ...float32)    { copy(f.grad.Data().([]float32), numbers) }
func (f fakeNode) list() []gorgonia.ValueGrad    { return []gorgonia.ValueGrad{f} }
func vectorOf(numbers ...float32) *tensor.Dense  { return tensor.New(tensor.WithBacking(numbers)) }
func newFake(name string, v ...float32) fakeNode {
	return fakeNode{name, vectorOf(v...), vectorOf(make([]float32, len(v))...)}
}

var optimizerSteps = []struct {
	rate float64
	grad []float32
}{
	{0.1, []float32{0.1, -0.2, 0.3, 0}},
	{0.05, []float32{-0.05, 0.4, 0.25, 1e-3}},
	{0.02, []float32{0, -0.1, -0.6, 2e-4}},
}

// TestOptimizersAreThoseOfPyTorch takes three steps; what is wanted was printed by
// torch.optim of PyTorch 1.13.
func TestOptimizersAreThoseOfPyTorch(t *testing.T) {
	tests := []struct {
		name      string
		optimizer Optimizer
		want      []float64
		memory    map[string][]float64
	}{
		{"nesterov", &SGD{Momentum: 0.9, Decay: 5e-4, Nesterov: true},
			[]float64{0.480954856, -1.24141991, 1.92108655, -0.000118798198},
			map[string][]float64{"p.momentum_buffer": {0.036659732, 0.096327558, -0.129362404, 0.001099952}}},
		{"momentum", &SGD{Momentum: 0.9},
			[]float64{0.487280011, -1.2429601, 1.94664001, -7.20000025e-05},
			map[string][]float64{"p.momentum_buffer": {0.035999995, 0.098000012, -0.132000059, 0.0011}}},
		{"plain", &SGD{},
			[]float64{0.492500007, -1.24800003, 1.96949995, -5.40000037e-05}, nil},
		{"rmsprop", &RMSprop{Momentum: 0.9, Decay: 5e-4},
			[]float64{-0.80540967, -0.202473804, 0.119598866, -0.669900358},
			map[string][]float64{
				"p.square_avg":      {1.235000818e-04, 2.077751793e-03, 5.107833073e-03, 9.924975508e-09},
				"p.momentum_buffer": {4.018214703, -2.244135380, 5.480582237, 8.497515678},
			}},
		{"rmsprop without momentum", &RMSprop{},
			[]float64{-0.275492609, -0.653767049, 0.846979141, -0.539359331}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newFake("p", 0.5, -1.25, 2, 0)
			for _, step := range optimizerSteps {
				p.setGrad(step.grad...)
				test.optimizer.SetRate(step.rate)
				if err := test.optimizer.Step(p.list()); err != nil {
					t.Fatal(err)
				}
				if grad := p.grad.Data().([]float32); slices.ContainsFunc(grad, func(g float32) bool { return g != 0 }) {
					t.Errorf("gradient is %v after the step, want zeros", grad)
				}
			}
			compareNumbers(t, "p", p.numbers(), test.want)
			state := test.optimizer.State()
			for name, want := range test.memory {
				compareNumbers(t, name, floatsOf(t, tensorNamed(t, state, name)), want)
			}
		})
	}
}

func compareNumbers(t *testing.T, name string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d numbers, want %d", name, len(got), len(want))
	}
	for i, w := range want {
		// Each step rounds a few times, by 2^-24 of the values at hand.
		if math.Abs(float64(got[i])-w) > 4e-7*math.Max(math.Abs(w), 0.01) {
			t.Errorf("%s[%d] is %.9g, PyTorch's is %.9g", name, i, got[i], w)
		}
	}
}

func TestOptimizersGoOnFromTheirState(t *testing.T) {
	for name, make := range map[string]func() Optimizer{
		"SGD":     func() Optimizer { return &SGD{Rate: 0.1, Momentum: 0.9, Decay: 5e-4, Nesterov: true} },
		"RMSprop": func() Optimizer { return &RMSprop{Rate: 0.1, Momentum: 0.9} },
		"Adam":    func() Optimizer { return &Adam{Rate: 0.1, Beta1: 0.5, Beta2: 0.999, Epsilon: 1e-8} },
	} {
		t.Run(name, func(t *testing.T) {
			whole, parts := newFake("p", 1, 2, 3), newFake("p", 1, 2, 3)
			one, first, second := make(), make(), make()
			step := func(o Optimizer, p fakeNode, grad float32) {
				t.Helper()
				p.setGrad(grad, -grad, grad/2)
				if err := o.Step(p.list()); err != nil {
					t.Fatal(err)
				}
			}
			step(one, whole, 0.3)
			step(one, whole, 0.2)
			step(first, parts, 0.3)
			if err := second.LoadState(first.State()); err != nil {
				t.Fatal(err)
			}
			step(first, newFake("p", 1, 2, 3), 5) // must not move the copy
			step(second, parts, 0.2)
			if !slices.Equal(whole.numbers(), parts.numbers()) {
				t.Errorf("two steps give %v, with the state loaded between them %v", whole.numbers(), parts.numbers())
			}
		})
	}
}

// Three steps of PyTorch 1.13's Adam(lr=3e-4, betas=(0.5, 0.999), eps=1e-8,
// weight_decay=1e-3) in double precision; the third parameter has its gradient late.
func TestAdamIsThatOfPyTorch(t *testing.T) {
	p := Parameter{Name: "p", Shape: []int{4}, Numbers: []float32{0.5, -0.25, 1e-3, 2}, Gradient: make([]float32, 4)}
	o := &Adam{Rate: 3e-4, Beta1: 0.5, Beta2: 0.999, Epsilon: 1e-8, Decay: 1e-3}
	for step, s := range []struct{ grad, want []float64 }{
		{[]float64{0.1, -0.2, 0, 1e-6}, []float64{0.49970000002985077, -0.24970000001498127, 0.0007029702970297029, 1.999700001499243}},
		{[]float64{0, 0.3, 0.1, -1}, []float64{0.4995571383898419, -0.24985661392194353, 0.00042019693021826143, 1.9999824894407008}},
		{[]float64{0.2, 0.2, -0.3, 0}, []float64{0.499258191279288, -0.2500724373792828, 0.0006548287010254535, 2.000130206503019}},
	} {
		for i, g := range s.grad {
			p.Gradient[i] = float32(g)
		}
		if err := o.Update([]Parameter{p}); err != nil {
			t.Fatal(err)
		}
		for i, want := range s.want {
			if math.Abs(float64(p.Numbers[i])-want) > 2e-7*math.Max(1, math.Abs(want)) {
				t.Errorf("step %d: number %d is %.9g, PyTorch's is %.9g", step, i, p.Numbers[i], want)
			}
		}
		if !slices.Equal(p.Gradient, make([]float32, 4)) {
			t.Errorf("step %d leaves the gradient %v", step, p.Gradient)
		}
	}
	broken := new(weights.StateDict)
	broken.Set("step", weights.NewFloat32(nil, []float32{1}))
	if err := o.LoadState(broken); err == nil || !strings.Contains(err.Error(), "step") {
		t.Errorf("a state with a step of float32: %v", err)
	}
}

func TestOptimizerErrors(t *testing.T) {
	loaded := &SGD{}
	state := new(weights.StateDict)
	state.Set("p.momentum_buffer", weights.NewFloat32([]int{2}, []float32{1, 2}))
	if err := loaded.LoadState(state); err != nil {
		t.Fatal(err)
	}
	short := newFake("p", 1, 2, 3)
	short.grad = vectorOf(1, 2)
	tests := []struct {
		name  string
		o     Optimizer
		model gorgonia.ValueGrad
		want  string
	}{
		{"state of another shape", loaded, newFake("p", 1, 2, 3), "optimizing p: it is [3], its momentum_buffer is [2]"},
		{"short gradient", &SGD{}, short, "optimizing p: its gradient"},
		{"float64", &RMSprop{}, fakeNode{"p", tensor.New(tensor.WithBacking([]float64{1, 2})), vectorOf(1, 2)}, "optimizing p: it is a float64"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := test.o.Step([]gorgonia.ValueGrad{test.model}); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
	integers := new(weights.StateDict)
	integers.Set("p.momentum_buffer", weights.NewInt64([]int{1}, []int64{1}))
	if err := new(SGD).LoadState(integers); err == nil || !strings.Contains(err.Error(), "p.momentum_buffer") {
		t.Errorf("loading integers gives %v, want an error that names the tensor", err)
	}
}
