package weightsharing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"cellnet/cell"
	"cellnet/internal/mt19937"
	"cellnet/train"
	"cellnet/weights"
)

const controllerLimit = 1e-4

// scripted gives numbers one after the other.
func scripted(numbers []float64) func() float64 {
	return func() float64 {
		u := numbers[0]
		numbers = numbers[1:]
		return u
	}
}

func opsOf(numbers []int) []cell.Op {
	ops := make([]cell.Op, len(numbers))
	for i, n := range numbers {
		ops[i] = cell.Op(n)
	}
	return ops
}

func paperAdam() *train.Adam {
	return &train.Adam{Rate: 1e-3, Beta1: 0.5, Beta2: 0.999, Epsilon: 1e-3}
}

func TestControllerTrainsAsPyTorchs(t *testing.T) {
	file := readTree(t, "controller.pth")
	r := DefaultRun(Random)
	r.Channels, r.Cells = 4, 1
	net := recordedNet(t, r, readTree(t, "net.pth"), 16)
	for _, name := range []string{"first", "later", "clipped"} {
		t.Run(name, func(t *testing.T) {
			c, err := controllerOf(file.at("start").state(), "")
			if err != nil {
				t.Fatal(err)
			}
			want := file.at(name)
			training := &controllerTraining{controller: c, adam: paperAdam(), group: int(want.at("group").float()), clip: want.at("clip").float()}
			if want.has("baseline") {
				before := want.at("baseline").float()
				training.before = &before
			}
			for i, one := range want.at("samples").list() {
				what := func(name string) string { return fmt.Sprintf("sample %d: %s", i, name) }
				number := func(name string, got float64) {
					t.Helper()
					near(t, what(name), []float64{got}, []float64{one.at(name).float()}, controllerLimit, 1e-3)
				}
				s := c.sample(6, scripted(one.at("uniforms").floats()))
				if !slices.Equal(s.ops, opsOf(one.at("ops").ints())) {
					t.Fatalf("%s %v, want %v", what("operations"), s.ops, one.at("ops").ints())
				}
				var probabilities []float64
				for _, step := range s.steps {
					probabilities = append(probabilities, step.probs...)
				}
				near(t, what("probabilities"), probabilities, one.at("probabilities").floats(), controllerLimit, 1e-3)
				if one.has("inputs") {
					b := recordedBatch(one)
					pass, err := net.Evaluate(b.Input, fixed(s.ops))
					if err != nil {
						t.Fatal(err)
					}
					near(t, what("logits"), doubles(pass.Logits), one.at("logits").floats(), logitsLimit, 1e-3)
					near(t, what("top1"), []float64{percentRight(scored(pass.Logits, b))}, []float64{one.at("top1").float()}, 1e-12, 1)
				}
				number("log_prob", s.logProb)
				number("entropy", s.entropy)
				o := training.learn(s, one.at("top1").float()/100)
				number("reward", o.reward)
				number("baseline", o.baseline)
				number("controller_loss", o.loss)
				if (i+1)%training.group != 0 {
					continue
				}
				number("grad_norm", c.norm())
				if one.has("grads") {
					grads := one.at("grads").state()
					for at, p := range c.params {
						near(t, what("gradient of "+p.Name), c.grads[at], tensorNumbers(t, grads, p.Name), controllerLimit, 1e-3)
					}
				}
				if err := training.update(); err != nil {
					t.Fatal(err)
				}
			}
			after := want.at("after").state()
			for _, p := range c.params {
				near(t, p.Name+" after", doubles(p.Numbers), tensorNumbers(t, after, p.Name), 2e-5, 1e-3)
			}
			near(t, "baseline of the next epoch", []float64{training.next()}, []float64{want.at("next_baseline").float()}, controllerLimit, 1e-3)
		})
	}
}

// The gradient is that of differences, for either of its parts by itself.
func TestControllerGradientIsThatOfDifferences(t *testing.T) {
	random := mt19937.New(5)
	for _, part := range []struct {
		name              string
		logProb, entropy  float64
		edges             int
		scale, difference float64
	}{{"log_prob", 1, 0, 6, 4, 1e-2}, {"entropy", 0, 1, 3, 4, 1e-2}} {
		c := NewController(random)
		for _, p := range c.params {
			for i := range p.Numbers {
				p.Numbers[i] *= float32(part.scale) // away from uniform
			}
		}
		rnd := rand.New(rand.NewPCG(1, 2))
		uniforms := make([]float64, part.edges)
		for i := range uniforms {
			uniforms[i] = rnd.Float64()
		}
		value := func() float64 {
			s := c.sample(part.edges, scripted(uniforms))
			return part.logProb*s.logProb + part.entropy*s.entropy
		}
		c.backward(c.sample(part.edges, scripted(uniforms)), part.logProb, part.entropy)
		for at, p := range c.params {
			for range 6 {
				i := rnd.IntN(len(p.Numbers))
				before := p.Numbers[i]
				p.Numbers[i] = before + 1e-3
				above, up := value(), float64(p.Numbers[i])
				p.Numbers[i] = before - 1e-3
				below, down := value(), float64(p.Numbers[i])
				p.Numbers[i] = before
				want := (above - below) / (up - down)
				if math.Abs(c.grads[at][i]-want) > 1e-5*math.Max(1, math.Abs(want)) {
					t.Errorf("%s: gradient of %s[%d] is %g, differences give %g", part.name, p.Name, i, c.grads[at][i], want)
				}
			}
		}
	}
}

// skipNetwork draws what comes before a controller in PyTorch's stream.
func skipNetwork(random *mt19937.Source, learnable int) {
	random.Uniforms(make([]float32, learnable), 1)
	random.Normals(make([]float32, 30)) // arch_parameters
}

// uniformsOf4x1 is how many of the weights of the supernet of C 4, N 1 are drawn: all
// but 4+2*(8+16+8+8) of batch norms.
func uniformsOf4x1(all int) int { return all - 2*4 - 2*2*8 - 2*2*16 }

func TestControllerIsDrawnAsPyTorchs(t *testing.T) {
	var cases []struct {
		Kind       string
		Seed       uint32
		Parameters int
		SHA256     map[string]string
	}
	readJSON(t, "init.json", &cases)
	controllerParameters := 0
	for _, p := range blankController().params {
		controllerParameters += len(p.Numbers)
	}
	compared := 0
	for _, c := range cases {
		if c.Kind != "enas" || c.SHA256 == nil {
			continue
		}
		random := mt19937.New(c.Seed)
		skipNetwork(random, uniformsOf4x1(c.Parameters-controllerParameters))
		state := new(weights.StateDict)
		NewController(random).addTo(state, ControllerPrefix)
		for name, tensor := range state.All() {
			sum := sha256.Sum256(tensor.Data)
			if got := hex.EncodeToString(sum[:]); got != c.SHA256[name] {
				t.Errorf("seed %d: %s has hash %s, want %s", c.Seed, name, got, c.SHA256[name])
			}
			compared++
		}
	}
	if compared != controllerTensors {
		t.Errorf("compared %d tensors, want %d", compared, controllerTensors)
	}
}
