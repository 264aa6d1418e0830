package ops

import (
	"cellnet/internal/block"

	"gorgonia.org/gorgonia"
)

// Mixed adds a cell of all operations on x, [capacity, side, side, padded channels].
// params has the weights of each convolution and, if affine, the weight and bias of
// its norm, in the order of the block's parameters.
func (b *Builder) Mixed(name string, x *gorgonia.Node, m *block.Mixed, side, channels int, affine bool, params ...*gorgonia.Node) (*gorgonia.Node, error) {
	cells := &mixed{Mixed: m, affine: affine}
	return b.apply(name, b.nhwc(side, channels), cells, cells, true, x, params)
}

// mixed is a cell of all operations. Its norms can't be folded into its weights.
type mixed struct {
	*block.Mixed
	affine bool
	grads  [][]float32
}

func (m *mixed) load(params [][]float32) {
	for i := range m.Params {
		if m.affine {
			loadConvNorm(&m.Params[i], params[i*convNormInputs:])
		} else {
			m.Params[i].Conv = params[i]
		}
	}
}

func (m *mixed) fold()                                {}
func (m *mixed) forward(x []float32, n int) []float32 { return m.Forward(x, n) }
func (m *mixed) backward(dy []float32, n int) ([]float32, [][]float32) {
	dx, grads := m.Backward(dy, n)
	m.grads = m.grads[:0]
	for _, g := range grads {
		if m.affine {
			m.grads = listConvNorm(m.grads, g)
		} else {
			m.grads = append(m.grads, g.Conv)
		}
	}
	return dx, m.grads
}

// PerImage adds factors for each image of x, [capacity, side, side, padded channels].
func (b *Builder) PerImage(name string, x *gorgonia.Node, p *block.PerImage, side, channels int) (*gorgonia.Node, error) {
	return b.apply(name, b.nhwc(side, channels), perImage{p}, perImage{p}, true, x, nil)
}

type perImage struct{ *block.PerImage }

func (p perImage) load([][]float32)                     {}
func (p perImage) fold()                                {}
func (p perImage) forward(x []float32, n int) []float32 { return p.Forward(x, n) }
func (p perImage) backward(dy []float32, n int) ([]float32, [][]float32) {
	return p.Backward(dy, n), nil
}

// Narrow adds the narrowing of x, [capacity, side, side, padded channels].
func (b *Builder) Narrow(name string, x *gorgonia.Node, n *block.Narrow, side, channels int) (*gorgonia.Node, error) {
	return b.apply(name, b.nhwc(side, channels), narrow{n}, narrow{n}, true, x, nil)
}

type narrow struct{ *block.Narrow }

func (n narrow) load([][]float32)                         {}
func (n narrow) fold()                                    {}
func (n narrow) forward(x []float32, count int) []float32 { return n.Forward(x, count) }
func (n narrow) backward(dy []float32, count int) ([]float32, [][]float32) {
	return n.Backward(dy, count), nil
}
