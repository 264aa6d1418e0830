package models

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"

	"gorgonia.org/gorgonia"
)

// small is a network whose loss is smooth enough for differences.
func small(t testing.TB) (cell.Network, []float32, []int) {
	t.Helper()
	random := rand.New(rand.NewPCG(3, 4))
	images, labels := make([]float32, 4*3*8*8), []int{0, 1, 2, 3}
	for i := range images {
		images[i] = float32(random.NormFloat64())
	}
	return network(t, parse(t, "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|"), 3, 1, 4), images, labels
}

// smallParameters have running statistics and norms that are no ones.
func smallParameters(t testing.TB, c cell.Network) *Parameters {
	t.Helper()
	p, err := Initialize(c, 5)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6))
	for _, e := range p.Tensors() {
		var at, spread float64
		switch e.Kind {
		case cell.NormWeight, cell.RunningVar:
			at, spread = 1, 0.3
		case cell.NormBias, cell.RunningMean:
			spread = 0.3
		default:
			continue
		}
		for i := range p.floats(e.Name) {
			p.floats(e.Name)[i] = float32(at + spread*(2*random.Float64()-1))
		}
	}
	return p
}

func newStepper(t testing.TB, p *Parameters, o Options) *Stepper {
	t.Helper()
	net := newNet(t, p, 4, o)
	s, err := NewStepper(net, net.Loss)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func lossOf(t testing.TB, s *Stepper, images []float32, labels []int) float64 {
	t.Helper()
	if err := s.Run(images, labels); err != nil {
		t.Fatal(err)
	}
	loss, err := s.Objective()
	if err != nil {
		t.Fatal(err)
	}
	return loss
}

// By every way to normalize, the gradients of images and parameters are those
// of differences of the loss. With these seeds no ReLU is at its kink.
func TestGradientsByAllNorms(t *testing.T) {
	eachKernels(t, func(t *testing.T, k ISA) {
		for name, tt := range map[string]struct {
			norm Norm
			seed uint32
		}{"batch": {NormByBatch, 5}, "running": {NormByRunning, 5}, "off": {NormOff, 8}} {
			t.Run(name, func(t *testing.T) {
				by := tt.norm
				c, images, labels := small(t)
				p, err := Initialize(c, tt.seed)
				if err != nil {
					t.Fatal(err)
				}
				switch by {
				case NormByRunning:
					p = smallParameters(t, c)
				case NormOff:
					// Without norms, signals fade unless weights are larger.
					for _, e := range p.Tensors() {
						if e.Kind == cell.ConvWeight {
							for i := range p.floats(e.Name) {
								p.floats(e.Name)[i] *= 2.5
							}
						}
					}
				}
				s := newStepper(t, p, Options{Side: 8, Norm: by, Gradients: true, InputGradient: true, Kernels: k})
				lossOf(t, s, images, labels)
				dx, err := s.InputGradient()
				if err != nil {
					t.Fatal(err)
				}
				grads := map[string][]float32{"images": slices.Clone(dx)}
				numbers := map[string][]float32{"images": images}
				for _, n := range s.Network().Learnables() {
					g, err := n.Grad()
					if err != nil {
						t.Fatal(err)
					}
					grads[n.Name()] = slices.Clone(g.Data().([]float32))
					numbers[n.Name()] = values(n)
				}
				checked := 0
				for name, grad := range grads {
					if by == NormOff && strings.Contains(name, "op.2.") && norm(grad) != 0 {
						t.Errorf("%s has a gradient without batch norm", name)
					}
					size := norm(grad)
					if size < 2e-2 {
						continue
					}
					checked++
					const step = 3e-4
					along := func(sign float32) float64 {
						old := slices.Clone(numbers[name])
						defer func() { copy(numbers[name], old) }()
						for i := range old {
							numbers[name][i] += sign * step * grad[i] / float32(size)
						}
						return lossOf(t, s, images, labels)
					}
					slope := (along(1) - along(-1)) / (2 * step)
					if relative(slope, size) > 2e-2 {
						t.Errorf("%s: slope %.5g along the gradient, whose norm is %.5g", name, slope, size)
					}
				}
				if checked < 5 {
					t.Errorf("only %d gradients are large enough to check", checked)
				}
			})
		}
	})
}

// With the running statistics, a graph that can be differentiated predicts what
// a folded one does, and statistics stay; by the batch they move.
func TestNormsAndStatistics(t *testing.T) {
	c, images, labels := small(t)
	p := smallParameters(t, c)
	before := p.StateDict()
	want := predict(t, NewPredictor(newNet(t, p, 4, Options{Side: 8})), images)
	s := newStepper(t, p, Options{Side: 8, Gradients: true})
	lossOf(t, s, images, labels)
	got, err := s.Logits()
	if err != nil {
		t.Fatal(err)
	}
	if e := relativeNorm(got, want); e > 1e-5 {
		t.Errorf("running statistics: relative error %.2g", e)
	}
	off := predict(t, NewPredictor(newNet(t, p, 4, Options{Side: 8, Norm: NormOff})), images)
	if relativeNorm(off, want) < 1e-2 {
		t.Error("without batch norm nothing changes")
	}
	if !slices.Equal(p.StateDict().Names(), before.Names()) {
		t.Fatal("names differ")
	}
	for name, w := range before.All() {
		if g, _ := p.StateDict().Get(name); !slices.Equal(g.Data, w.Data) {
			t.Errorf("%s moved", name)
		}
	}
	predict(t, NewPredictor(newNet(t, p, 4, Options{Side: 8, Norm: NormByBatch})), images)
	after, _ := p.StateDict().Get("stem.1.running_mean")
	if old, _ := before.Get("stem.1.running_mean"); slices.Equal(old.Data, after.Data) {
		t.Error("the batch moves no running statistics")
	}
}

// Gradients add up until they are set to zero; those of the images don't.
func TestGradientsAddUp(t *testing.T) {
	c, images, labels := small(t)
	s := newStepper(t, smallParameters(t, c), Options{Side: 8, Norm: NormByBatch, Gradients: true, InputGradient: true})
	gradient := func() (weights, images []float32) {
		g, err := s.Learnables()[0].Grad()
		if err != nil {
			t.Fatal(err)
		}
		dx, err := s.InputGradient()
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(g.Data().([]float32)), slices.Clone(dx)
	}
	lossOf(t, s, images, labels)
	once, dx := gradient()
	lossOf(t, s, images, labels)
	twice, again := gradient()
	for i := range once {
		if math.Abs(float64(twice[i]-2*once[i])) > 1e-6 {
			t.Fatalf("gradient %d is %g, then %g", i, once[i], twice[i])
		}
	}
	if !slices.Equal(dx, again) {
		t.Error("the gradients of the images add up")
	}
	if err := s.ZeroGrads(); err != nil {
		t.Fatal(err)
	}
	lossOf(t, s, images, labels)
	if third, _ := gradient(); !slices.Equal(third, once) {
		t.Error("after ZeroGrads there is more than one gradient")
	}
}

// Any scalar of the graph can be differentiated.
func TestObjectiveIsAnyScalar(t *testing.T) {
	c, images, _ := small(t)
	net := newNet(t, smallParameters(t, c), 4, Options{Side: 8, Norm: NormByBatch, Gradients: true, InputGradient: true})
	sum, err := gorgonia.Sum(net.Logits)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewStepper(net, sum)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Run(images, nil); err != nil {
		t.Fatal(err)
	}
	got, err := s.Objective()
	if err != nil {
		t.Fatal(err)
	}
	logits, err := s.Logits()
	if err != nil {
		t.Fatal(err)
	}
	var want float64
	for _, v := range logits {
		want += float64(v)
	}
	if relative(got, want) > 1e-5 {
		t.Errorf("objective %g, want %g", got, want)
	}
	if dx, err := s.InputGradient(); err != nil || norm(dx) == 0 {
		t.Errorf("no gradient of the images: %v", err)
	}
}

func TestPredictorRefreshes(t *testing.T) {
	c, images, _ := small(t)
	p := smallParameters(t, c)
	predictor := NewPredictor(newNet(t, p, 1, Options{Side: 8}))
	first := slices.Clone(predict(t, predictor, images))
	if len(first) != 4*c.Classes {
		t.Fatalf("%d logits of 4 images", len(first))
	}
	p.floats("stem.0.weight")[0] += 1
	if !slices.Equal(predict(t, predictor, images), first) {
		t.Error("a change of the parameters is seen before Refresh")
	}
	predictor.Refresh()
	if slices.Equal(predict(t, predictor, images), first) {
		t.Error("a change of the parameters is not seen after Refresh")
	}
}

func TestStepperAndPredictorRefuse(t *testing.T) {
	c, images, _ := small(t)
	p := smallParameters(t, c)
	net := newNet(t, p, 1, Options{Side: 8, Norm: NormByBatch})
	for what, err := range map[string]error{
		"no gradients":        second(NewStepper(net, net.Loss)),
		"too large a batch":   second(NewPredictor(net).Predict(images)),
		"no images":           second(NewPredictor(net).Predict(nil)),
		"half an image":       second(NewPredictor(net).Predict(images[:100])),
		"an unknown norm":     second(New(p, Options{Side: 8, Capacity: 1, Norm: NormOff + 1})),
		"images' gradient":    second(New(p, Options{Side: 8, Capacity: 1, InputGradient: true})),
		"no images' gradient": second(newStepper(t, p, Options{Side: 8, Gradients: true}).InputGradient()),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

func second[T any](_ T, err error) error { return err }
