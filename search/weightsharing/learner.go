package weightsharing

import (
	"math"

	"cellnet/data"
	"cellnet/models"
	"cellnet/train"
	"cellnet/weights"
)

// learner moves a supernet's weights. A weight that no pass has reached yet is left
// alone, decay included; once one has, it takes part in every step, with a gradient
// of zero where the step's pass did not reach it.
type learner struct {
	net     Weights
	sgd     *train.SGD
	clip    float64
	reached map[string]bool      // by any pass with gradients
	zeros   map[string][]float32 // gradients of weights that a pass did not reach
}

func newLearner(net Weights, r Run) *learner {
	return &learner{
		net: net, sgd: &train.SGD{Momentum: r.Momentum, Decay: r.Decay, Nesterov: true}, clip: r.Clip, reached: map[string]bool{}, zeros: map[string][]float32{},
	}
}

// note takes note of what the last pass with gradients reached.
func (l *learner) note() {
	for _, name := range l.net.Reached() {
		l.reached[name] = true
	}
}

// step moves the weights along the gradients of the last pass.
func (l *learner) step() error {
	l.note()
	now := map[string]bool{}
	for _, name := range l.net.Reached() {
		now[name] = true
	}
	var params []train.Parameter
	for _, name := range l.net.Learnable() {
		if !l.reached[name] {
			continue
		}
		p := train.Parameter{Name: name, Shape: l.net.Shape(name), Numbers: l.net.Floats(name)}
		p.Gradient = l.zerosOf(name, len(p.Numbers))
		if now[name] {
			var err error
			if p.Gradient, err = l.net.Gradient(name); err != nil {
				return err
			}
		}
		params = append(params, p)
	}
	if l.clip > 0 {
		clipNorm(params, l.clip)
	}
	return l.sgd.Update(params)
}

func (l *learner) zerosOf(name string, n int) []float32 {
	if l.zeros[name] == nil {
		l.zeros[name] = make([]float32, n)
	}
	return l.zeros[name]
}

// clipNorm scales gradients down to a norm of all together, as
// torch.nn.utils.clip_grad_norm_ does.
func clipNorm(params []train.Parameter, most float64) {
	var sum float64
	for _, p := range params {
		for _, g := range p.Gradient {
			sum += float64(g) * float64(g)
		}
	}
	factor := most / (math.Sqrt(sum) + 1e-6)
	if factor >= 1 {
		return
	}
	for _, p := range params {
		for i := range p.Gradient {
			p.Gradient[i] *= float32(factor)
		}
	}
}

// halves are what the two batches of a step were measured at: that of the weights
// and that of the architecture.
type halves struct{ base, arch train.Score }

func scored(logits []float32, batch data.Batch) (s train.Score) {
	s.Add(logits, batch.Labels, 0)
	return s
}

// stepArchitecture moves the architecture's parameters, which stand row by row.
func stepArchitecture(adam *train.Adam, name string, alpha []float32, gradient table) error {
	p := train.Parameter{Name: name, Shape: []int{len(gradient), len(gradient[0])}, Numbers: alpha}
	for _, row := range gradient {
		for _, g := range row {
			p.Gradient = append(p.Gradient, float32(g))
		}
	}
	return adam.Update([]train.Parameter{p})
}

func newAdam(r Run) *train.Adam {
	return &train.Adam{Rate: r.ArchRate, Beta1: r.ArchBetas[0], Beta2: r.ArchBetas[1], Epsilon: r.ArchEpsilon, Decay: r.ArchDecay}
}

// Weights are the tensors of a supernet.
type Weights interface {
	// StateDict copies all tensors, those of the architecture included, with the
	// published names in the published order.
	StateDict() *weights.StateDict
	// LoadStateDict copies tensors of the same names and shapes into the network.
	LoadStateDict(*weights.StateDict) error
	// Learnable lists the weights, without the architecture's parameters, in the
	// order of the state dict.
	Learnable() []string
	Shape(name string) []int
	// Floats is a tensor in place, that of the architecture's parameters included.
	Floats(name string) []float32
	// Gradient is the derivative of the mean loss of the last pass by a weight that
	// it reached, if it computed those.
	Gradient(name string) ([]float32, error)
	// Reached lists the weights on which the last pass with gradients depended.
	Reached() []string
	// SaveStatistics copies the running statistics; restore sets them back.
	SaveStatistics() (restore func())
}

// Network is a supernet of cells. Passes are good until the next one.
type Network interface {
	Weights
	// Train normalizes by the batch and moves running statistics; labels count from
	// 0, images are in NCHW order.
	Train(images []float32, labels []int, m models.Mixture, w models.Wanted) (models.Pass, error)
	// Evaluate normalizes stem and reductions by running statistics, and cells as
	// the network was made to.
	Evaluate(images []float32, m models.Mixture) (models.Pass, error)
}

// SizeNetwork is a supernet of widths.
type SizeNetwork interface {
	Weights
	// Train is as that of Network, with one narrowing a layer; the factors whose
	// gradients are wanted are those of the narrowings.
	Train(images []float32, labels []int, layers []models.Narrowing, w models.Wanted) (models.NarrowedPass, error)
	// Evaluate is as that of Network.
	Evaluate(images []float32, layers []models.Narrowing) (models.NarrowedPass, error)
}
