package weightsharing

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"cellnet/cell/supernet"
	"cellnet/data"
	"cellnet/models"
)

// differenced is a small supernet with a batch and a direction of its architecture's
// parameters, along which derivatives are taken.
type differenced struct {
	*testing.T
	top       *topology
	net       Network
	batch     data.Batch
	alpha     table
	direction table
}

func newDifferenced(t *testing.T, seed uint64) differenced {
	r := DefaultRun(DARTSV1)
	r.Channels, r.Cells = 3, 1
	shape := Shape{Classes: 4, Side: 16, Batch: 64, EvaluationBatch: 64}
	net, _, err := Supernets{}.Cells(r, shape)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, seed))
	d := differenced{T: t, top: newTopology(net, r, nil), net: net, batch: shape.random(shape.Batch)}
	d.alpha, d.direction = randomTable(random, 6, 5), randomTable(random, 6, 5)
	return d
}

// along is the parameters some way along the direction.
func (d differenced) along(way float64) table {
	moved := newTable(len(d.alpha), len(d.alpha[0]))
	for e, row := range d.alpha {
		for o, v := range row {
			moved[e][o] = v + way*d.direction[e][o]
		}
	}
	return moved
}

func (d differenced) set(alpha table) {
	numbers := d.net.Floats(supernet.Architecture)
	for i, v := range flat(alpha) {
		numbers[i] = float32(v)
	}
}

func (d differenced) pass(m models.Mixture, w models.Wanted) models.Pass {
	d.Helper()
	pass, err := d.net.Train(d.batch.Input, d.batch.Labels, m, w)
	if err != nil {
		d.Fatal(err)
	}
	return pass
}

// compare allows for the rounding of the loss to float32, and for the bends of ReLU
// within the step.
func (d differenced) compare(what string, got, want float64) {
	d.Helper()
	if math.Abs(got-want) > 0.03*math.Abs(want)+6e-4 {
		d.Errorf("%s: %g, differences give %g", what, got, want)
	}
}

func product(a, b table) (sum float64) {
	for i, v := range flat(a) {
		sum += v * flat(b)[i]
	}
	return sum
}

func TestJointGradientIsThatOfDifferences(t *testing.T) {
	const step = 0.001
	for seed := range uint64(2) {
		d := newDifferenced(t, seed)
		loss := func(way float64) float64 {
			d.set(d.along(way))
			return d.pass(d.top.joint().mixture(), models.Wanted{}).Loss
		}
		want := (loss(step) - loss(-step)) / (2 * step)
		d.set(d.alpha)
		j := d.top.joint()
		got := product(j.backward(d.pass(j.mixture(), models.Wanted{Factors: true})), d.direction)
		d.compare("derivative along a direction", got, want)
	}
}

// The straight-through estimator is the derivative by the factors of what was drawn,
// times that of the probabilities; gdas adds the sums of the nodes' gradients times
// that of the others'.
func TestDrawnGradientIsThatOfDifferences(t *testing.T) {
	const tau, step = 1.0, 0.02
	for seed := range uint64(2) {
		d := newDifferenced(t, seed)
		noise := randomTable(rand.New(rand.NewPCG(5, seed)), 6, 5)
		at := func(alpha table) hardSample {
			s, ok := newHardSample(alpha, noise, tau)
			if !ok {
				t.Fatal("no sample")
			}
			return s
		}
		s := at(d.alpha)
		before, after := at(d.along(-step)).probabilities, at(d.along(step)).probabilities
		pass := d.pass(s.mixture(), models.Wanted{Factors: true})
		sums := slices.Clone(pass.Sums)
		got, gotOthers := product(s.backward(pass, false), d.direction), product(s.backward(pass, true), d.direction)
		var byDrawn, byOthers float64
		for e, op := range s.ops {
			loss := func(factor float64) float64 {
				m, factors := s.mixture(), newTable(len(noise), len(noise[0]))
				for _, row := range factors {
					copy(row, slices.Repeat([]float64{1}, len(row)))
				}
				factors[e][op] = factor
				m.Factors = factors.float32s()
				return d.pass(m, models.Wanted{}).Loss
			}
			q := (loss(1+step) - loss(1-step)) / (2 * step)
			for o := range after[e] {
				change := (after[e][o] - before[e][o]) / (2 * step)
				if o == int(op) {
					byDrawn += q * change
				} else {
					byOthers += sums[e] * change
				}
			}
		}
		d.compare("gdas_v1", got, byDrawn)
		d.compare("gdas", gotOthers, byDrawn+byOthers)
	}
}
