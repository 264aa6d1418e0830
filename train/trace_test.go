package train

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/internal/fixture"
	"cellnet/models"
	"cellnet/weights"
)

// maxNudge bounds those of testdata/trace-nudges.json.
const maxNudge = 3e-4

// TestStepsAreThoseOfPyTorch takes the ten steps of trace.pth.
//
// Which way a step goes depends on the signs of the inputs of ReLUs. In three of
// the networks (readme, all-ops, dead-node) some of these are so near to zero that
// the rounding of the program that wrote the files decided the sign. With other
// signs, losses part by up to 2e-3: PyTorch parts from its own files in the same
// way with another layout or number of threads, or in float64.
//
// Therefore testdata/trace-nudges.json says, for every step, what is added to
// single biases of batch norms (and to two of their weights) while the gradient is
// taken, and taken away again. With it, every input of a ReLU lies on the side where
// it was in that program, and by 12 times the rounding error of such an input,
// where possible. The largest is 2.2e-4, half of them are below 8e-6. With the same
// signs, the steps are the same.
//
// Some numbers are zero but for rounding, and PyTorch's say nothing: biases of norms
// that feed another norm, which have no gradient, and some running means. Therefore
// tensors smaller than 1e-6 of all together are compared as if they were as large as
// that, and means as if they were at least 1 % of the standard deviation.
func TestStepsAreThoseOfPyTorch(t *testing.T) {
	nudges := readNudges(t)
	for _, name := range []string{"readme", "all-ops", "dead-node", "disconnected", "all-none", "pools", "narrow"} {
		t.Run(name, func(t *testing.T) {
			trace := readTrace(t, fixture.Shared(t, "fixtures/nets/"+name))
			got := trace.run(t, nudges[name])
			for step, want := range trace.losses {
				if d := math.Abs(got.losses[step]-want) / want; !(d < 1e-4) {
					t.Errorf("step %d: loss is %g, PyTorch's is %g, %.2g off", step, got.losses[step], want, d)
				}
			}
			all := 1e-6 * norm(t, trace.after)
			for e := range trace.config.Tensors() {
				own, want := got.tensor(t, e.Name), tensorNamed(t, trace.after, e.Name)
				limit, floor := 1e-3, all
				switch e.Kind {
				case cell.Batches:
					if string(own.Data) != string(want.Data) {
						t.Errorf("%s is %v, PyTorch's is %v", e.Name, own.Data, want.Data)
					}
					continue
				case cell.RunningMean:
					limit, floor = 1e-4, max(floor, 1e-2*deviation(t, trace.after, e.Name))
				case cell.RunningVar:
					limit = 1e-4
				}
				if d := distance(t, own, want, floor); !(d < limit) {
					t.Errorf("%s is %.2g off PyTorch's", e.Name, d)
				}
			}
		})
	}
}

// nudge is what is added to a number during a step.
type nudge struct {
	Parameter string
	Channel   int
	By        float32
}

// readNudges gives those of every step, by the name of the network.
func readNudges(t *testing.T) map[string][][]nudge {
	t.Helper()
	content, err := os.ReadFile("testdata/trace-nudges.json")
	if err != nil {
		t.Fatal(err)
	}
	var nudges map[string][][]nudge
	if err := json.Unmarshal(content, &nudges); err != nil {
		t.Fatal(err)
	}
	for name, steps := range nudges {
		for step, list := range steps {
			for _, n := range list {
				if !(math.Abs(float64(n.By)) < maxNudge) {
					t.Errorf("%s, step %d: %+v", name, step, n)
				}
			}
		}
	}
	return nudges
}

// trace is a run of PyTorch's.
type trace struct {
	config       cell.Network
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

// run takes the steps of a trace, nudged by those of each step if there are any.
func (r trace) run(t *testing.T, nudges [][]nudge) outcome {
	t.Helper()
	params, err := models.FromStateDict(r.config, r.start)
	if err != nil {
		t.Fatal(err)
	}
	n := len(r.labels) / len(r.losses)
	net, err := models.New(params, models.Options{Side: r.side, Capacity: n, Norm: models.NormByBatch, Gradients: true})
	if err != nil {
		t.Fatal(err)
	}
	stepper, err := models.NewStepper(net, net.Loss)
	if err != nil {
		t.Fatal(err)
	}
	defer stepper.Close()
	numbers := map[string][]float32{}
	for _, n := range net.Learnables() {
		numbers[n.Name()] = n.Value().Data().([]float32)
	}
	optimizer := &SGD{Momentum: 0.9, Decay: 5e-4, Nesterov: true}
	var losses []float64
	for step, rate := range r.rates {
		size := 3 * r.side * r.side
		var now []nudge
		if nudges != nil {
			now = nudges[step]
		}
		for _, n := range now {
			numbers[n.Parameter][n.Channel] += n.By
		}
		if err := stepper.Run(r.inputs[step*n*size:(step+1)*n*size], r.labels[step*n:(step+1)*n]); err != nil {
			t.Fatal(err)
		}
		for _, n := range now {
			numbers[n.Parameter][n.Channel] -= n.By
		}
		loss, err := stepper.Objective()
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, loss)
		optimizer.SetRate(rate)
		if err := optimizer.Step(stepper.Learnables()); err != nil {
			t.Fatal(err)
		}
	}
	return outcome{losses, params.StateDict()}
}

// deviation is the standard deviation of the values that a running mean is of, as
// the norm of those of all channels.
func deviation(t *testing.T, s *weights.StateDict, mean string) float64 {
	t.Helper()
	sum := 0.0
	for _, v := range floatsOf(t, tensorNamed(t, s, strings.TrimSuffix(mean, "mean")+"var")) {
		sum += float64(v)
	}
	return math.Sqrt(sum)
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
