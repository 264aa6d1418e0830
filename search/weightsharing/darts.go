package weightsharing

import (
	"math"
	"slices"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/models"
	"cellnet/train"
)

// dartsV1 is DARTS of first order: both halves run all operations.
type dartsV1 struct{ *topology }

func (a dartsV1) step(base, arch data.Batch, _ float64) (h halves, err error) {
	if h.base, err = a.weightHalf(base, a.joint().mixture()); err != nil {
		return h, err
	}
	j := a.joint()
	h.arch, err = a.archHalf(arch, j.mixture(), j.backward)
	return h, err
}

func (a dartsV1) candidates(int) [][]cell.Op { return [][]cell.Op{a.likeliest()} }

func (a dartsV1) validation([]cell.Op) models.Mixture { return a.joint().mixture() }

// dartsV2 is DARTS of second order: the architecture's gradient is taken after a
// virtual step of the weights.
type dartsV2 struct {
	dartsV1
	archFirst bool
}

func (a dartsV2) step(base, arch data.Batch, rate float64) (h halves, err error) {
	if a.archFirst {
		if h.arch, err = a.ahead(base, arch, rate); err != nil {
			return h, err
		}
		h.base, err = a.weightHalf(base, a.joint().mixture())
		return h, err
	}
	if h.base, err = a.weightHalf(base, a.joint().mixture()); err != nil {
		return h, err
	}
	h.arch, err = a.ahead(base, arch, rate)
	return h, err
}

// ahead moves the architecture's parameters by the gradient after a virtual step.
func (a dartsV2) ahead(base, arch data.Batch, rate float64) (train.Score, error) {
	u := unrolled{topology: a.topology, joint: a.joint(), base: base, arch: arch, rate: rate}
	s, err := u.run()
	if err != nil {
		return s, err
	}
	return s, a.stepAlpha(u.gradient)
}

// unrolled is the second order's gradient: that by A on the valid batch at w', less
// the rate times the derivative of w', as a difference of gradients at w +- R*v.
type unrolled struct {
	*topology
	joint      joint
	base, arch data.Batch
	rate       float64

	ahead                         map[string][]float32 // w'
	vector                        map[string][]float32 // v, the gradient of the weights at w'
	norm, radius                  float64              // |v|, R
	dAlpha, plus, minus, implicit table
	gradient                      table
}

// radiusScale is R*|v|.
const radiusScale = 0.01

func (u *unrolled) run() (s train.Score, err error) {
	at := u.copyWeights()
	defer u.setWeights(at) // an error leaves the weights as they were, too
	if err := u.lookAhead(at); err != nil {
		return s, err
	}
	u.setWeights(u.ahead)
	restore := u.net.SaveStatistics()
	pass, err := u.pass(u.arch, u.joint.mixture(), models.Wanted{Weights: true, Factors: true})
	restore()
	if err != nil {
		return s, err
	}
	u.note()
	s, u.dAlpha = scored(pass.Logits, u.arch), u.joint.backward(pass)
	if u.vector, err = u.gradients(); err != nil {
		return s, err
	}
	for _, name := range u.learner.net.Learnable() {
		for _, v := range u.vector[name] {
			u.norm += float64(v) * float64(v)
		}
	}
	if u.norm = math.Sqrt(u.norm); u.norm == 0 { // nothing depends on the weights
		u.gradient = u.dAlpha
		return s, nil
	}
	u.radius = radiusScale / u.norm
	if u.plus, err = u.aside(at, u.radius); err != nil {
		return s, err
	}
	if u.minus, err = u.aside(at, -u.radius); err != nil {
		return s, err
	}
	u.implicit, u.gradient = make(table, len(u.dAlpha)), newTable(len(u.dAlpha), len(u.dAlpha[0]))
	for e, row := range u.dAlpha {
		u.implicit[e] = difference(u.plus[e], u.minus[e], u.radius)
		for o, d := range row {
			u.gradient[e][o] = d - u.rate*u.implicit[e][o]
		}
	}
	return s, nil
}

// difference is that of gradients on both sides, by the way between them.
func difference(plus, minus []float64, radius float64) []float64 {
	d := make([]float64, len(plus))
	for i := range d {
		d[i] = (plus[i] - minus[i]) / (2 * radius)
	}
	return d
}

// lookAhead computes w' by a step of SGD without Nesterov.
func (u *unrolled) lookAhead(at map[string][]float32) error {
	if _, err := u.pass(u.base, u.joint.mixture(), models.Wanted{Weights: true}); err != nil {
		return err
	}
	u.note()
	var err error
	if u.ahead, err = u.gradients(); err != nil {
		return err
	}
	for name, g := range u.ahead {
		buffer := u.sgd.Buffer(name)
		for i, w := range at[name] {
			d := float64(g[i]) + float64(u.sgd.Decay*float64(w))
			if buffer != nil {
				d += float64(u.sgd.Momentum * float64(buffer[i]))
			}
			g[i] = float32(float64(w) - float64(u.rate*d))
		}
	}
	return nil
}

// aside is the gradient by A on the train batch, with weights so far along v.
func (u *unrolled) aside(at map[string][]float32, radius float64) (table, error) {
	for name, v := range u.vector {
		w := u.net.Floats(name)
		for i, start := range at[name] {
			w[i] = float32(float64(start) + float64(radius*float64(v[i])))
		}
	}
	pass, err := u.pass(u.base, u.joint.mixture(), models.Wanted{Factors: true})
	if err != nil {
		return nil, err
	}
	return u.joint.backward(pass), nil
}

func (u *unrolled) copyWeights() map[string][]float32 {
	all := map[string][]float32{}
	for _, name := range u.learner.net.Learnable() {
		all[name] = slices.Clone(u.net.Floats(name))
	}
	return all
}

func (u *unrolled) setWeights(to map[string][]float32) {
	for name, numbers := range to {
		copy(u.net.Floats(name), numbers)
	}
}

// gradients copies those of the last pass.
func (u *unrolled) gradients() (map[string][]float32, error) {
	all := map[string][]float32{}
	for _, name := range u.learner.net.Reached() {
		g, err := u.net.Gradient(name)
		if err != nil {
			return nil, err
		}
		all[name] = slices.Clone(g)
	}
	return all, nil
}
