package weightsharing

import (
	"cellnet/cell"
	"cellnet/data"
	"cellnet/models"
	"cellnet/train"
)

// enas is ENAS: weights learn on cells that a controller names, and the controller
// by the accuracy of what it names.
type enas struct {
	*topology
	controller *Controller
}

func (a enas) step(base, arch data.Batch, _ float64) (h halves, err error) {
	m := fixed(a.draw())
	if h.base, err = a.weightHalf(base, m); err != nil {
		return h, err
	}
	h.arch, err = a.measure(arch, m)
	return h, err
}

func (a enas) draw() []cell.Op { return a.controller.sample(len(a.edges), a.draws.uniform).ops }

func (a enas) candidates(n int) [][]cell.Op {
	cells := make([][]cell.Op, n)
	for i := range cells {
		cells[i] = a.draw()
	}
	return cells
}

func (a enas) validation(chosen []cell.Op) models.Mixture { return fixed(chosen) }

// training is that of the controller after an epoch.
func (a enas) training(r Run, before *float64, baselines []float64) *controllerTraining {
	return &controllerTraining{
		controller: a.controller, adam: a.adam, group: r.ControllerSamples, clip: controllerClip, before: before, baselines: baselines, last: r.LastBaseline,
	}
}

// update trains the controller by a group of samples, each judged on another batch.
func (a enas) update(t *controllerTraining, next func() (data.Batch, error)) error {
	for range t.group {
		s := a.controller.sample(len(a.edges), a.draws.uniform)
		b, err := next()
		if err != nil {
			return err
		}
		pass, err := a.net.Evaluate(b.Input, fixed(s.ops))
		if err != nil {
			return err
		}
		t.learn(s, percentRight(scored(pass.Logits, b))/100)
	}
	return t.update()
}

// What ENAS' controller is trained by.
const (
	entropyWeight     = 1e-4
	baselineFollows   = 0.01 // how far the baseline goes toward a reward
	controllerClip    = 5
	controllerUpdates = 50 // updates after an epoch
	controllerGroup   = 20 // samples of an update
)

// controllerTraining is the training of a controller after one epoch.
type controllerTraining struct {
	controller *Controller
	adam       *train.Adam
	group      int
	clip       float64
	before     *float64  // baseline of the last epoch, nil in the first
	baselines  []float64 // of the samples so far
	last       bool      // the last of them goes on, not their mean
}

// outcome is what a sample was found to be worth.
type outcome struct{ reward, baseline, loss float64 }

// learn adds the gradients of a sample whose accuracy is a fraction.
func (t *controllerTraining) learn(s *sample, accuracy float64) outcome {
	o := outcome{reward: accuracy + entropyWeight*s.entropy, baseline: accuracy}
	// Rewards and baselines of the first epoch differ by the entropy's term alone.
	advantage, dBaseline := entropyWeight*s.entropy, 0.0
	if t.before != nil {
		o.baseline = *t.before - baselineFollows*(*t.before-o.reward)
		advantage, dBaseline = o.reward-o.baseline, baselineFollows*entropyWeight
	}
	o.loss = -s.logProb * advantage
	n := float64(t.group)
	t.controller.backward(s, -advantage/n, -s.logProb*(entropyWeight-dBaseline)/n)
	t.baselines = append(t.baselines, o.baseline)
	return o
}

// update moves the controller by what a group of samples was worth.
func (t *controllerTraining) update() error { return t.controller.step(t.adam, t.clip) }

// next is the baseline of the next epoch.
func (t *controllerTraining) next() float64 {
	if t.last {
		return t.baselines[len(t.baselines)-1]
	}
	var sum float64
	for _, b := range t.baselines {
		sum += b
	}
	return sum / float64(len(t.baselines))
}
