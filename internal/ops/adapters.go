package ops

import "cellnet/internal/block"

// A convolution with its batch norm has three inputs: the convolution's
// weights, and the norm's weight and bias.
const convNormInputs = 3

func loadConvNorm(p *block.ConvNorm, params [][]float32) {
	p.Conv, p.Weight, p.Bias = params[0], params[1], params[2]
}

func listConvNorm(list [][]float32, g block.ConvNormGrad) [][]float32 {
	return append(list, g.Conv, g.Weight, g.Bias)
}

func loadConvNorms(all []block.ConvNorm, params [][]float32) {
	for i := range all {
		loadConvNorm(&all[i], params[i*convNormInputs:])
	}
}

func loadReduction(p *block.ReductionParams, params [][]float32) {
	loadConvNorm(&p.A, params)
	loadConvNorm(&p.B, params[convNormInputs:])
	p.Downsample = params[2*convNormInputs]
}

type stem struct {
	*block.Stem
	inputGrad bool
	grads     [][]float32
}

func (s *stem) load(params [][]float32)              { loadConvNorm(&s.Params, params) }
func (s *stem) forward(x []float32, n int) []float32 { return s.Forward(x, n) }
func (s *stem) backward(dy []float32, n int) ([]float32, [][]float32) {
	s.grads = listConvNorm(s.grads[:0], s.Backward(dy, n))
	if !s.inputGrad {
		return nil, s.grads
	}
	return s.InputGrad(dy, n), s.grads
}

type stemEval struct{ *block.StemEval }

func (s stemEval) load(params [][]float32)              { loadConvNorm(&s.Params, params) }
func (s stemEval) fold()                                { s.Fold() }
func (s stemEval) forward(x []float32, n int) []float32 { return s.Forward(x, n) }

type cells struct {
	*block.Cell
	grads [][]float32
}

func (c *cells) load(params [][]float32)              { loadConvNorms(c.Params, params) }
func (c *cells) forward(x []float32, n int) []float32 { return c.Forward(x, n) }
func (c *cells) backward(dy []float32, n int) ([]float32, [][]float32) {
	dx, grads := c.Backward(dy, n)
	c.grads = c.grads[:0]
	for _, g := range grads {
		c.grads = listConvNorm(c.grads, g)
	}
	return dx, c.grads
}

type cellEval struct{ *block.CellEval }

func (c cellEval) load(params [][]float32)              { loadConvNorms(c.Params, params) }
func (c cellEval) fold()                                { c.Fold() }
func (c cellEval) forward(x []float32, n int) []float32 { return c.Forward(x, n) }

type reduction struct {
	*block.Reduction
	grads [][]float32
}

func (r *reduction) load(params [][]float32)              { loadReduction(&r.Params, params) }
func (r *reduction) forward(x []float32, n int) []float32 { return r.Forward(x, n) }
func (r *reduction) backward(dy []float32, n int) ([]float32, [][]float32) {
	dx, g := r.Backward(dy, n)
	r.grads = append(listConvNorm(listConvNorm(r.grads[:0], g.A), g.B), g.Downsample)
	return dx, r.grads
}

type reductionEval struct{ *block.ReductionEval }

func (r reductionEval) load(params [][]float32)              { loadReduction(&r.Params, params) }
func (r reductionEval) fold()                                { r.Fold() }
func (r reductionEval) forward(x []float32, n int) []float32 { return r.Forward(x, n) }

type head struct {
	*block.Head
	grads [][]float32
}

func (h *head) load(params [][]float32)              { h.Params.Weight, h.Params.Bias = params[0], params[1] }
func (h *head) forward(x []float32, n int) []float32 { return h.Forward(x, n) }
func (h *head) backward(dy []float32, n int) ([]float32, [][]float32) {
	dx, g := h.Backward(dy, n)
	h.grads = append(h.grads[:0], g.Weight, g.Bias)
	return dx, h.grads
}

type headEval struct{ *block.HeadEval }

func (h headEval) load(params [][]float32)              { h.Params.Weight, h.Params.Bias = params[0], params[1] }
func (h headEval) fold()                                { h.Fold() }
func (h headEval) forward(x []float32, n int) []float32 { return h.Forward(x, n) }

// linear is a fully connected layer, both in training and in evaluation.
type linear struct{ *block.Linear }

func (l linear) load(params [][]float32)              { l.Weight, l.Bias = params[0], params[1] }
func (l linear) fold()                                {}
func (l linear) forward(x []float32, n int) []float32 { return l.Forward(x, n) }
func (l linear) backward(dy []float32, n int) ([]float32, [][]float32) {
	dx, g := l.Backward(dy, n)
	return dx, [][]float32{g.Weight, g.Bias}
}
