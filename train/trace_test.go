package train

import (
	"math"
	"testing"

	"cellnet/cell"
	"cellnet/internal/fixture"
	"cellnet/internal/mt19937"
	"cellnet/models"
	"cellnet/weights"

	"gorgonia.org/gorgonia"
)

const (
	twins         = 2  // disturbed runs that show what rounding does
	amplification = 10 // how much more it may have done to PyTorch's run
)

// TestStepsAreThoseOfPyTorch takes the ten steps of trace.pth.
//
// Four of the networks stay within 1e-6 of PyTorch's losses. The steps of the
// others (readme, all-ops, dead-node) amplify rounding: where the input of a ReLU
// is within rounding of zero, two runs part. PyTorch itself parts from trace.pth
// in this way, by up to 2e-3, on another processor or in float64. And biases of
// norms that feed another norm have no gradient: rounding alone moves them, by 1e-9
// of all weights or so. Therefore the steps are also taken from weights with random
// relative errors of 1e-6, and what that changes is allowed on top of the limits;
// and tensors smaller than 1e-6 of all together are compared as if they were as
// large as that.
func TestStepsAreThoseOfPyTorch(t *testing.T) {
	for _, name := range []string{"readme", "all-ops", "dead-node", "disconnected", "all-none", "pools", "narrow"} {
		t.Run(name, func(t *testing.T) {
			trace := readTrace(t, fixture.Shared(t, "fixtures/nets/"+name))
			got := trace.run(t, trace.start)
			var disturbed []outcome
			for seed := range uint32(twins) {
				disturbed = append(disturbed, trace.run(t, disturb(t, trace.start, seed)))
			}
			rounding := 0.0 // the largest up to a step
			for step, want := range trace.losses {
				for _, d := range disturbed {
					rounding = max(rounding, math.Abs(d.losses[step]-got.losses[step])/want)
				}
				if d := math.Abs(got.losses[step]-want) / want; !(d < 1e-4+amplification*rounding) {
					t.Errorf("step %d: loss is %g, PyTorch's is %g, %.2g off; rounding makes %.2g", step, got.losses[step], want, d, rounding)
				}
			}
			floor := 1e-6 * norm(t, trace.after)
			for e := range models.Entries(trace.config) {
				own, want := got.tensor(t, e.Name), tensorNamed(t, trace.after, e.Name)
				limit := 1e-3
				switch e.Kind {
				case models.Batches:
					if string(own.Data) != string(want.Data) {
						t.Errorf("%s is %v, PyTorch's is %v", e.Name, own.Data, want.Data)
					}
					continue
				case models.RunningMean, models.RunningVar:
					limit = 1e-4
				}
				rounding := 0.0
				for _, d := range disturbed {
					rounding = max(rounding, distance(t, d.tensor(t, e.Name), own, floor))
				}
				if d := distance(t, own, want, floor); !(d < limit+amplification*rounding) {
					t.Errorf("%s is %.2g off PyTorch's; rounding makes %.2g", e.Name, d, rounding)
				}
			}
		})
	}
}

// trace is a run of PyTorch's.
type trace struct {
	config       cell.Config
	side         int
	start, after *weights.StateDict
	inputs       []float32
	labels       []int
	rates        []float64
	losses       []float64
}

func readTrace(t *testing.T, folder string) trace {
	t.Helper()
	file := readTorch(t, folder+"/trace.pth")
	r := trace{
		start: readTorch(t, folder+"/weights.pth").state(t), after: file.sub(t, "after").state(t),
		inputs: file.floats(t, "inputs"), labels: file.labels(t, "labels"),
	}
	r.config, r.side = readArch(t, folder+"/arch.json")
	for _, rate := range file.floats(t, "rates") {
		r.rates = append(r.rates, float64(rate))
	}
	for _, loss := range file.floats(t, "losses") {
		r.losses = append(r.losses, float64(loss))
	}
	return r
}

// outcome is what a run gave.
type outcome struct {
	losses []float64
	state  *weights.StateDict
}

func (o outcome) tensor(t *testing.T, name string) weights.Tensor {
	return tensorNamed(t, o.state, name)
}

func tensorNamed(t *testing.T, s *weights.StateDict, name string) weights.Tensor {
	t.Helper()
	tensor, ok := s.Get(name)
	if !ok {
		t.Fatalf("no tensor %s", name)
	}
	return tensor
}

// run takes the steps of a trace from a state.
func (r trace) run(t *testing.T, start *weights.StateDict) outcome {
	t.Helper()
	params, err := models.FromStateDict(r.config, start)
	if err != nil {
		t.Fatal(err)
	}
	n := len(r.labels) / len(r.losses)
	net, err := models.New(params, models.Options{Side: r.side, Capacity: n, Mode: models.Training})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gorgonia.Grad(net.Loss, net.Learnables()...); err != nil {
		t.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(net.Graph, gorgonia.BindDualValues(net.Learnables()...))
	defer vm.Close()
	optimizer := &SGD{Momentum: 0.9, Decay: 5e-4, Nesterov: true}
	var losses []float64
	for step, rate := range r.rates {
		size := 3 * r.side * r.side
		if err := net.SetBatch(r.inputs[step*n*size:(step+1)*n*size], r.labels[step*n:(step+1)*n]); err != nil {
			t.Fatal(err)
		}
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		vm.Reset()
		losses = append(losses, float64(net.Loss.Value().Data().(float32)))
		optimizer.SetRate(rate)
		if err := optimizer.Step(gorgonia.NodesToValueGrads(net.Learnables())); err != nil {
			t.Fatal(err)
		}
	}
	return outcome{losses, params.StateDict()}
}

// disturb multiplies all floating-point numbers by 1 plus or minus up to 1e-6.
func disturb(t *testing.T, s *weights.StateDict, seed uint32) *weights.StateDict {
	t.Helper()
	random := mt19937.New(seed)
	disturbed := new(weights.StateDict)
	for name, tensor := range s.All() {
		if tensor.DType.IsFloat() {
			numbers := floatsOf(t, tensor)
			for i := range numbers {
				numbers[i] *= 1 + 1e-6*(2*random.Float24()-1)
			}
			tensor = weights.NewFloat32(tensor.Shape, numbers)
		}
		disturbed.Set(name, tensor)
	}
	return disturbed
}

// distance is the norm of the difference relative to that of want, or to floor if
// that is larger.
func distance(t *testing.T, got, want weights.Tensor, floor float64) float64 {
	t.Helper()
	a, b := floatsOf(t, got), floatsOf(t, want)
	var difference, size float64
	for i := range a {
		difference += math.Pow(float64(a[i])-float64(b[i]), 2)
		size += math.Pow(float64(b[i]), 2)
	}
	return math.Sqrt(difference) / max(math.Sqrt(size), floor)
}

// norm is that of all floating-point numbers of a state dict.
func norm(t *testing.T, s *weights.StateDict) float64 {
	t.Helper()
	var sum float64
	for _, tensor := range s.All() {
		if tensor.DType.IsFloat() {
			for _, v := range floatsOf(t, tensor) {
				sum += float64(v) * float64(v)
			}
		}
	}
	return math.Sqrt(sum)
}
