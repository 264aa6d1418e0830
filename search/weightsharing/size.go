package weightsharing

import (
	"cellnet/cell/supernet"
	"cellnet/data"
	"cellnet/models"
	"cellnet/train"
)

// sizeSearch is what all searches of widths share.
type sizeSearch struct {
	*learner
	supernet.Size
	net    SizeNetwork
	adam   *train.Adam
	draws  draws
	widths []int
	// tau is that of the epoch; warm is the probability of the largest width while
	// the warm-up lasts.
	tau     float64
	warm    float64
	warming bool
}

func newSizeSearch(net SizeNetwork, r Run, d draws) *sizeSearch {
	return &sizeSearch{learner: newLearner(net, r), Size: sizeOf(r, 2), net: net, adam: newAdam(r), draws: d, widths: r.Widths}
}

func (s *sizeSearch) alpha() table {
	return tableOf(s.net.Floats(supernet.SizeArchitecture), len(s.widths))
}

// narrowed is how the layers are narrowed in one pass, and the derivative by A of
// that by the numbers.
type narrowed struct {
	layers   []models.Narrowing
	backward []func(factors []float64) []float64 // nil where A has no part in it
}

// gradient is the derivative by A.
func (s *sizeSearch) gradient(n narrowed, pass models.NarrowedPass, alpha table) table {
	d := newTable(len(alpha), len(alpha[0]))
	for layer, backward := range n.backward {
		for k, v := range backward(pass.Factors[layer]) {
			d[s.Row(layer)][k] += v
		}
	}
	return d
}

// warmUp draws widths without regard to A.
func (s *sizeSearch) warmUp() (n narrowed) {
	for range s.Layers() {
		n.layers = append(n.layers, masked(s.widths[s.draws.warmUp(s.warm, len(s.widths))], s.Widest()))
	}
	return n
}

// weightHalf moves the weights along the gradient of a batch.
func (s *sizeSearch) weightHalf(b data.Batch, n narrowed) (train.Score, error) {
	pass, err := s.net.Train(b.Input, b.Labels, n.layers, models.Wanted{Weights: true})
	if err != nil {
		return train.Score{}, err
	}
	score := scored(pass.Logits, b)
	return score, s.learner.step()
}

// differentiable is a search whose architecture learns by the loss itself.
type differentiable struct {
	*sizeSearch
	draw func(alpha table) narrowed
}

func (a differentiable) step(base, arch data.Batch, _ float64) (h halves, err error) {
	if h.base, err = a.weightHalf(base, a.narrow()); err != nil {
		return h, err
	}
	n := a.narrow()
	pass, err := a.net.Train(arch.Input, arch.Labels, n.layers, models.Wanted{Factors: !a.warming})
	if err != nil {
		return h, err
	}
	h.arch = scored(pass.Logits, arch)
	if a.warming {
		return h, nil
	}
	a.note()
	return h, stepArchitecture(a.adam, supernet.SizeArchitecture, a.net.Floats(supernet.SizeArchitecture), a.gradient(n, pass, a.alpha()))
}

func (a differentiable) narrow() narrowed {
	if a.warming {
		return a.warmUp()
	}
	return a.draw(a.alpha())
}

func (a differentiable) validation() []models.Narrowing { return a.narrow().layers }

// newMaskGumbel is the search by masks that Gumbel-softmax weighs.
func newMaskGumbel(s *sizeSearch) differentiable {
	return differentiable{s, func(alpha table) (n narrowed) {
		noise := s.draws.gumbels(s.Layers(), len(s.widths))
		for layer := range s.Layers() {
			m := newSoftMask(s.widths, alpha[s.Row(layer)], noise[layer], s.tau)
			n.layers = append(n.layers, m.narrowing())
			n.backward = append(n.backward, m.backward)
		}
		return n
	}}
}

// newTAS is TAS: the output of a layer is a mixture of two widths that are drawn,
// with channels interpolated.
func newTAS(s *sizeSearch) differentiable {
	return differentiable{s, func(alpha table) (n narrowed) {
		noise, exponentials := s.draws.gumbels(s.Layers(), len(s.widths)), s.draws.exponentials(s.Layers()*len(s.widths))
		for layer := range s.Layers() {
			i := newInterpolation(s.widths, alpha[s.Row(layer)], noise[layer], exponentials[layer*len(s.widths):], s.tau)
			n.layers = append(n.layers, i.narrowing())
			n.backward = append(n.backward, i.backward)
		}
		return n
	}}
}
