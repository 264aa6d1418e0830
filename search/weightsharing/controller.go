package weightsharing

import (
	"fmt"
	"math"

	"cellnet/cell"
	"cellnet/internal/mt19937"
	"cellnet/train"
	"cellnet/weights"
)

// controllerSize is how many numbers ENAS' controller embeds an operation in, and
// how many cells each layer of its LSTM has.
const controllerSize = 32

const (
	lstmLayers = 2
	lstmGates  = 4 * controllerSize // input, forget, cell, output, as PyTorch has them
)

// Logits are scale * tanh(x / temperature).
const (
	logitScale       = 2.5
	logitTemperature = 5
)

// Controller is ENAS' controller: an LSTM of two layers that names an operation for
// one edge after the other, fed with its last choice. It computes in double
// precision with parameters of float32.
type Controller struct {
	params []train.Parameter
	grads  [][]float64 // of the parameters, summed over samples
}

// The places of the controller's parameters, those of the LSTM's first layer for
// all layers.
const (
	inputVars = iota
	weightIH
	weightHH
	biasIH
	biasHH

	lstmTensors       = biasHH - inputVars
	embedding         = weightIH + lstmLayers*lstmTensors
	predWeight        = embedding + 1
	predBias          = embedding + 2
	controllerTensors = embedding + 3
)

// ControllerPrefix is what the controller's tensors begin with in the state dict of
// a supernet.
const ControllerPrefix = "controller."

func blankController() *Controller {
	c := &Controller{params: make([]train.Parameter, controllerTensors), grads: make([][]float64, controllerTensors)}
	add := func(at int, name string, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		c.params[at] = train.Parameter{Name: name, Shape: shape, Numbers: make([]float32, n), Gradient: make([]float32, n)}
		c.grads[at] = make([]float64, n)
	}
	add(inputVars, "input_vars", 1, 1, controllerSize)
	for layer := range lstmLayers {
		at := layer * lstmTensors
		add(at+weightIH, fmt.Sprintf("w_lstm.weight_ih_l%d", layer), lstmGates, controllerSize)
		add(at+weightHH, fmt.Sprintf("w_lstm.weight_hh_l%d", layer), lstmGates, controllerSize)
		add(at+biasIH, fmt.Sprintf("w_lstm.bias_ih_l%d", layer), lstmGates)
		add(at+biasHH, fmt.Sprintf("w_lstm.bias_hh_l%d", layer), lstmGates)
	}
	ops := len(cell.Ops())
	add(embedding, "w_embd.weight", ops, controllerSize)
	add(predWeight, "w_pred.weight", ops, controllerSize)
	add(predBias, "w_pred.bias", ops)
	return c
}

// NewController draws a controller as the published code does, with what comes
// after the network's tensors in PyTorch's stream.
func NewController(random *mt19937.Source) *Controller {
	c := blankController()
	bound := 1 / math.Sqrt(controllerSize)
	for at := weightIH; at < embedding; at++ {
		random.Uniforms(c.params[at].Numbers, bound)
	}
	random.Normals(c.params[embedding].Numbers) // drawn again below
	random.Uniforms(c.params[predWeight].Numbers, bound)
	random.Uniforms(c.params[predBias].Numbers, bound)
	for _, at := range []int{inputVars, weightHH, weightIH, embedding, predWeight} {
		random.Uniforms(c.params[at].Numbers, 0.1)
	}
	return c
}

// addTo adds the tensors to a state dict, with a prefix to their names.
func (c *Controller) addTo(s *weights.StateDict, prefix string) {
	for _, p := range c.params {
		s.Set(prefix+p.Name, weights.NewFloat32(p.Shape, p.Numbers))
	}
}

// controllerOf reads the tensors out of a state dict.
func controllerOf(s *weights.StateDict, prefix string) (*Controller, error) {
	c := blankController()
	for _, p := range c.params {
		t, ok := s.Get(prefix + p.Name)
		if !ok {
			return nil, fmt.Errorf("the controller's %s is missing", p.Name)
		}
		numbers, err := t.Float32s()
		if err != nil {
			return nil, fmt.Errorf("the controller's %s: %w", p.Name, err)
		}
		if len(numbers) != len(p.Numbers) {
			return nil, fmt.Errorf("the controller's %s is %v, want %v", p.Name, t.Shape, p.Shape)
		}
		copy(p.Numbers, numbers)
	}
	return c, nil
}

// sample is what the controller named, and how it came to it.
type sample struct {
	ops              []cell.Op
	logProb, entropy float64 // sums over the edges
	steps            []controllerStep
}

// controllerStep is one edge.
type controllerStep struct {
	layers           [lstmLayers]lstmState
	tanh             []float64 // of the logits
	logProbs, probs  []float64
	entropy          float64
	input            [controllerSize]float64
	inputIsEmbedding int // the operation that was the input, -1 for the first edge
}

// lstmState is what a layer of the LSTM computed.
type lstmState struct {
	in, forget, cand, out [controllerSize]float64 // gates
	cell, tanhCell, h     [controllerSize]float64
}

// sample names operations for so many edges, with a uniform number for each.
func (c *Controller) sample(edges int, uniform func() float64) *sample {
	s := &sample{steps: make([]controllerStep, edges)}
	for e := range s.steps {
		step := &s.steps[e]
		step.inputIsEmbedding = -1
		row := c.params[inputVars].Numbers
		if e > 0 {
			op := int(s.ops[e-1])
			step.inputIsEmbedding = op
			row = c.params[embedding].Numbers[op*controllerSize:][:controllerSize]
		}
		for i, v := range row {
			step.input[i] = float64(v)
		}
		x := &step.input
		for layer := range lstmLayers {
			var before *lstmState
			if e > 0 {
				before = &s.steps[e-1].layers[layer]
			}
			c.lstm(layer, x, before, &step.layers[layer])
			x = &step.layers[layer].h
		}
		c.predict(step, x)
		op := pick(step.probs, uniform())
		s.ops = append(s.ops, cell.Op(op))
		s.logProb += step.logProbs[op]
		s.entropy += step.entropy
	}
	return s
}

func (c *Controller) predict(step *controllerStep, h *[controllerSize]float64) {
	w, b := c.params[predWeight].Numbers, c.params[predBias].Numbers
	step.tanh = make([]float64, len(b))
	logits := make([]float64, len(b))
	for o := range logits {
		step.tanh[o] = math.Tanh((float64(b[o]) + dot(w[o*controllerSize:], h)) / logitTemperature)
		logits[o] = logitScale * step.tanh[o]
	}
	step.logProbs = logSoftmax(logits)
	step.probs = make([]float64, len(logits))
	for o, lp := range step.logProbs {
		step.probs[o] = math.Exp(lp)
		step.entropy -= step.probs[o] * lp
	}
}

func dot(row []float32, x *[controllerSize]float64) float64 {
	var sum float64
	for i, v := range row[:controllerSize] {
		sum += float64(float64(v) * x[i])
	}
	return sum
}

// lstm computes a layer's state from its input and the state before, nil for zeros.
func (c *Controller) lstm(layer int, x *[controllerSize]float64, before, s *lstmState) {
	at := layer * lstmTensors
	wx, wh := c.params[at+weightIH].Numbers, c.params[at+weightHH].Numbers
	bx, bh := c.params[at+biasIH].Numbers, c.params[at+biasHH].Numbers
	gate := func(g, i int) float64 {
		k := g*controllerSize + i
		sum := float64(bx[k]) + float64(bh[k]) + dot(wx[k*controllerSize:], x)
		if before != nil {
			sum += dot(wh[k*controllerSize:], &before.h)
		}
		return sum
	}
	for i := range controllerSize {
		s.in[i], s.forget[i] = sigmoid(gate(0, i)), sigmoid(gate(1, i))
		s.cand[i], s.out[i] = math.Tanh(gate(2, i)), sigmoid(gate(3, i))
		s.cell[i] = float64(s.in[i] * s.cand[i])
		if before != nil {
			s.cell[i] += float64(s.forget[i] * before.cell[i])
		}
		s.tanhCell[i] = math.Tanh(s.cell[i])
		s.h[i] = s.out[i] * s.tanhCell[i]
	}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// backward adds the gradients of dLogProb*logProb + dEntropy*entropy.
func (c *Controller) backward(s *sample, dLogProb, dEntropy float64) {
	var dh, dc [lstmLayers][controllerSize]float64 // of a layer's state, from the edge after
	for e := len(s.steps) - 1; e >= 0; e-- {
		step := &s.steps[e]
		top := lstmLayers - 1
		c.predictBackward(step, int(s.ops[e]), dLogProb, dEntropy, &dh[top])
		for layer := top; layer >= 0; layer-- {
			x := &step.input
			if layer > 0 {
				x = &step.layers[layer-1].h
			}
			var before *lstmState
			if e > 0 {
				before = &s.steps[e-1].layers[layer]
			}
			dx := c.lstmBackward(layer, x, before, &step.layers[layer], &dh[layer], &dc[layer])
			input := c.grads[inputVars]
			switch {
			case layer > 0:
				input = dh[layer-1][:]
			case step.inputIsEmbedding >= 0:
				input = c.grads[embedding][step.inputIsEmbedding*controllerSize:]
			}
			for i, v := range dx {
				input[i] += v
			}
		}
	}
}

// predictBackward adds to dh the derivative by the LSTM's output.
func (c *Controller) predictBackward(step *controllerStep, op int, dLogProb, dEntropy float64, dh *[controllerSize]float64) {
	w := c.params[predWeight].Numbers
	h := &step.layers[lstmLayers-1].h
	for o, p := range step.probs {
		d := -dLogProb*p - dEntropy*p*(step.logProbs[o]+step.entropy)
		if o == op {
			d += dLogProb
		}
		d *= logitScale / logitTemperature * (1 - step.tanh[o]*step.tanh[o])
		c.grads[predBias][o] += d
		for i := range controllerSize {
			k := o*controllerSize + i
			c.grads[predWeight][k] += float64(d * h[i])
			dh[i] += float64(d * float64(w[k]))
		}
	}
}

// lstmBackward turns dh and dc, by a layer's state, into those by the state before,
// and returns the derivative by the input.
func (c *Controller) lstmBackward(layer int, x *[controllerSize]float64, before, s *lstmState, dh, dc *[controllerSize]float64) (dx [controllerSize]float64) {
	at := layer * lstmTensors
	var gates [lstmGates]float64
	for i := range controllerSize {
		d := dc[i] + dh[i]*s.out[i]*(1-s.tanhCell[i]*s.tanhCell[i])
		gates[i] = d * s.cand[i] * s.in[i] * (1 - s.in[i])
		gates[2*controllerSize+i] = d * s.in[i] * (1 - s.cand[i]*s.cand[i])
		gates[3*controllerSize+i] = dh[i] * s.tanhCell[i] * s.out[i] * (1 - s.out[i])
		dc[i] = d * s.forget[i]
		if before != nil {
			gates[controllerSize+i] = d * before.cell[i] * s.forget[i] * (1 - s.forget[i])
		}
	}
	wx, wh := c.params[at+weightIH].Numbers, c.params[at+weightHH].Numbers
	*dh = [controllerSize]float64{}
	for k, d := range gates {
		c.grads[at+biasIH][k] += d
		c.grads[at+biasHH][k] += d
		for i := range controllerSize {
			w := k*controllerSize + i
			c.grads[at+weightIH][w] += float64(d * x[i])
			dx[i] += float64(d * float64(wx[w]))
			if before != nil {
				c.grads[at+weightHH][w] += float64(d * before.h[i])
				dh[i] += float64(d * float64(wh[w]))
			}
		}
	}
	return dx
}

// norm is that of all gradients together.
func (c *Controller) norm() float64 {
	var sum float64
	for _, grad := range c.grads {
		for _, g := range grad {
			sum += float64(g * g)
		}
	}
	return math.Sqrt(sum)
}

// step clips the norm of the gradients, moves the parameters and sets the gradients
// to zero.
func (c *Controller) step(adam *train.Adam, clip float64) error {
	factor := math.Min(1, clip/(c.norm()+1e-6))
	for at, p := range c.params {
		for i, g := range c.grads[at] {
			p.Gradient[i] = float32(factor * g)
		}
		clear(c.grads[at])
	}
	return adam.Update(c.params)
}

// forget drops the gradients of a group that is not finished.
func (c *Controller) forget() {
	for _, grad := range c.grads {
		clear(grad)
	}
}
