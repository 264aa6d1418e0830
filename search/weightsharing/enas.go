package weightsharing

import (
	"cellnet/cell"
	"cellnet/data"
	"cellnet/models"
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
		controller: a.controller, adam: a.adam, group: r.ControllerSamples, clip: controllerClip, before: before, baselines: baselines,
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
