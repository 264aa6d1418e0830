package proxies

import (
	"fmt"
	"math"

	"cellnet/cell"
	"cellnet/internal/hugepage"
	"cellnet/internal/kernel"
	"cellnet/models"
)

// exact computes a network of one image in float64: what synflow_bn needs, whose
// gradients are what is left of numbers that nearly cancel. Every step notes how
// its gradient is computed.
type exact struct {
	params    *models.Parameters
	kernels   *kernel.Kernels
	memory    *doubles
	gradients map[string][]float64 // of weights, OIHW
	back      []func()             // in the order of the steps
}

// doubles is memory that computations one after another use. The zero value is
// ready for use.
type doubles struct {
	pieces      [][]float64
	piece, used int
}

func (d *doubles) reset() { d.piece, d.used = 0, 0 }

// take returns n numbers of any value.
func (d *doubles) take(n int) []float64 {
	const pieceSize = 1 << 20
	for ; d.piece < len(d.pieces); d.piece, d.used = d.piece+1, 0 {
		if left := d.pieces[d.piece][d.used:]; n <= len(left) {
			d.used += n
			return left[:n:n]
		}
	}
	d.pieces = append(d.pieces, hugepage.Doubles(max(n, pieceSize)))
	d.used = n
	return d.pieces[d.piece][:n:n]
}

// zeros returns n zeros.
func (d *doubles) zeros(n int) []float64 {
	taken := d.take(n)
	clear(taken)
	return taken
}

// values are those of an image, [side][side][channels], with their gradient.
type values struct {
	side, channels int
	v, g           []float64
}

// unset are numbers that a step sets, with a gradient of zeros.
func (e *exact) unset(side, channels int) *values {
	size := side * side * channels
	return &values{side, channels, e.memory.take(size), e.memory.zeros(size)}
}

// zeros are numbers to add to.
func (e *exact) zeros(side, channels int) *values {
	x := e.unset(side, channels)
	clear(x.v)
	return x
}

// magnitudes are the absolute values of a tensor.
func (e *exact) magnitudes(name string) []float64 {
	of := e.params.Learnable(name).Data().([]float32)
	all := e.memory.take(len(of))
	for i, v := range of {
		all[i] = math.Abs(float64(v))
	}
	return all
}

// then notes a gradient.
func (e *exact) then(f func()) { e.back = append(e.back, f) }

// conv is a convolution with padding that keeps the side at a stride of 1.
func (e *exact) conv(x *values, name string, out, size, stride int) *values {
	weights, in := e.magnitudes(name+".weight"), x.channels
	taps := size * size
	w, transposed := e.memory.take(taps*in*out), e.memory.take(taps*in*out)
	for o := range out {
		for i := range in {
			for t := range taps {
				v := weights[(o*in+i)*taps+t]
				w[(t*in+i)*out+o], transposed[(t*out+o)*in+i] = v, v
			}
		}
	}
	y := e.zeros(x.side/stride, out)
	// each calls f for every tap and row of the output: the pixels for which the tap
	// is within the image, and what it reads for the first of them.
	each := func(f func(tap, pixel, count, source int)) {
		for t := range taps {
			down, right := t/size-size/2, t%size-size/2
			first := max(0, (stride-1-right)/stride)
			end := min(y.side, (x.side-right+stride-1)/stride)
			for row := range y.side {
				if r := row*stride + down; r >= 0 && r < x.side {
					f(t, row*y.side+first, end-first, r*x.side+first*stride+right)
				}
			}
		}
	}
	each(func(t, p, count, q int) {
		for i := range count {
			e.kernels.AddRows(y.v[(p+i)*out:][:out], x.v[(q+i*stride)*in:][:in], w[t*in*out:][:in*out])
		}
	})
	e.then(func() {
		dw := e.memory.zeros(taps * in * out)
		column := e.memory.take(y.side)
		each(func(t, p, count, q int) {
			dy := y.g[p*out:][:count*out]
			for i := range count {
				e.kernels.AddRows(x.g[(q+i*stride)*in:][:in], dy[i*out:][:out], transposed[t*in*out:][:in*out])
			}
			for c := range in {
				for i := range count {
					column[i] = x.v[(q+i*stride)*in+c]
				}
				e.kernels.AddRows(dw[(t*in+c)*out:][:out], column[:count], dy)
			}
		})
		g := e.memory.take(len(weights))
		for o := range out {
			for i := range in {
				for t := range taps {
					g[(o*in+i)*taps+t] = dw[(t*in+i)*out+o]
				}
			}
		}
		e.gradients[name] = g
	})
	return y
}

// batchNormEpsilon is what PyTorch adds to variances.
const batchNormEpsilon = 1e-5

// norm is batch norm by the image's statistics.
func (e *exact) norm(x *values, name string) *values {
	scale, shift := e.magnitudes(name+".weight"), e.magnitudes(name+".bias")
	y := e.unset(x.side, x.channels)
	n, ch := float64(x.side*x.side), x.channels
	mean, inverse := e.memory.zeros(ch), e.memory.zeros(ch)
	for at := 0; at < len(x.v); at += ch {
		for c, v := range x.v[at:][:ch] {
			mean[c] += v / n
		}
	}
	for at := 0; at < len(x.v); at += ch {
		for c, v := range x.v[at:][:ch] {
			d := v - mean[c]
			inverse[c] += d * d / n
		}
	}
	for c, v := range inverse {
		inverse[c] = 1 / math.Sqrt(v+batchNormEpsilon)
	}
	for at := 0; at < len(x.v); at += ch {
		result := y.v[at:][:ch]
		for c, v := range x.v[at:][:ch] {
			result[c] = (v-mean[c])*inverse[c]*scale[c] + shift[c]
		}
	}
	e.then(func() {
		sum, along := e.memory.zeros(ch), e.memory.zeros(ch)
		for at := 0; at < len(x.v); at += ch {
			value := x.v[at:][:ch]
			for c, g := range y.g[at:][:ch] {
				sum[c] += g / n
				along[c] += g * (value[c] - mean[c]) * inverse[c] / n
			}
		}
		for at := 0; at < len(x.v); at += ch {
			value, into := x.v[at:][:ch], x.g[at:][:ch]
			for c, g := range y.g[at:][:ch] {
				into[c] += scale[c] * inverse[c] * (g - sum[c] - (value[c]-mean[c])*inverse[c]*along[c])
			}
		}
	})
	return y
}

func (e *exact) relu(x *values) *values {
	y := e.unset(x.side, x.channels)
	for i, v := range x.v {
		y.v[i] = max(v, 0)
	}
	e.then(func() {
		for i, g := range y.g {
			if x.v[i] > 0 {
				x.g[i] += g
			}
		}
	})
	return y
}

// pool averages windows of size x size pixels, of those inside the image.
func (e *exact) pool(x *values, size, stride, padding int) *values {
	y := e.zeros(x.side/stride, x.channels)
	each := func(f func(pixel, source int, share float64)) {
		for row := range y.side {
			for col := range y.side {
				top, left := max(0, row*stride-padding), max(0, col*stride-padding)
				bottom, right := min(x.side, row*stride-padding+size), min(x.side, col*stride-padding+size)
				share := 1 / float64((bottom-top)*(right-left))
				for r := top; r < bottom; r++ {
					for c := left; c < right; c++ {
						f(row*y.side+col, r*x.side+c, share)
					}
				}
			}
		}
	}
	ch := x.channels
	each(func(p, q int, share float64) {
		for c, v := range x.v[q*ch:][:ch] {
			y.v[p*ch+c] += share * v
		}
	})
	e.then(func() {
		each(func(p, q int, share float64) {
			for c, g := range y.g[p*ch:][:ch] {
				x.g[q*ch+c] += share * g
			}
		})
	})
	return y
}

// add adds x to a sum.
func (e *exact) add(sum, x *values) {
	for i, v := range x.v {
		sum.v[i] += v
	}
	e.then(func() {
		for i, g := range sum.g {
			x.g[i] += g
		}
	})
}

// reluConvNorm is the block of that name.
func (e *exact) reluConvNorm(x *values, name string, out, size, stride int) *values {
	return e.norm(e.conv(e.relu(x), name+".1", out, size, stride), name+".2")
}

// cell computes what the output of a cell depends on.
func (e *exact) cell(c cell.Cell, b cell.Block, x *values, dead map[string]bool) (*values, error) {
	nodes := make([]*values, c.NumNodes())
	nodes[0] = x
	for i := 1; i < len(nodes); i++ {
		nodes[i] = e.zeros(x.side, b.Out)
	}
	for i, edge := range c.Edges() {
		name, from := fmt.Sprintf("%s.layers.%d", b.Name, i), nodes[edge.From]
		var y *values
		widens := edge.From == 0 && b.In != b.Out
		switch kind := edge.Op.Kind(); {
		case edge.Op == cell.None:
			continue
		case kind == cell.Convolution && dead[name+".op.1.weight"]:
			continue
		case kind == cell.Convolution && edge.Op.Taps() == 9:
			y = e.reluConvNorm(from, name+".op", b.Out, 3, 1)
		case kind == cell.Convolution:
			y = e.reluConvNorm(from, name+".op", b.Out, 1, 1)
		case kind == cell.Identity && widens:
			y = e.norm(e.conv(from, name+".conv", b.Out, 1, 1), name+".bn")
		case kind == cell.Identity:
			y = from
		case kind == cell.AveragePool:
			if widens {
				from = e.reluConvNorm(from, name+".preprocess.op", b.Out, 1, 1)
			}
			y = e.pool(from, 3, 1, 1)
		default:
			return nil, fmt.Errorf("no way to compute the operation %v", edge.Op)
		}
		e.add(nodes[edge.To], y)
	}
	return nodes[len(nodes)-1], nil
}

// synFlowBN is the sum of |w*dR/dw| of a network whose weights are all made
// positive, R being the sum of the logits of one image of ones.
func synFlowBN(p *models.Parameters, side int, memory *doubles) (list parts, err error) {
	kernels, err := kernel.Best()
	if err != nil {
		return nil, err
	}
	memory.reset()
	net := p.Network().(cell.Network)
	dead := net.WithoutGradient()
	e := &exact{params: p, kernels: kernels, memory: memory, gradients: map[string][]float64{}}
	x := e.unset(side, 3)
	for i := range x.v {
		x.v[i] = 1
	}
	for b := range net.Blocks() {
		switch b.Kind {
		case cell.Stem:
			x = e.norm(e.conv(x, b.Name+".0", b.Out, 3, 1), b.Name+".1")
		case cell.CellBlock:
			if x, err = e.cell(net.Cell, b, x, dead); err != nil {
				return nil, err
			}
		case cell.Reduction:
			y := e.zeros(x.side/2, b.Out)
			e.add(y, e.reluConvNorm(e.reluConvNorm(x, b.Name+".conv_a.op", b.Out, 3, 2), b.Name+".conv_b.op", b.Out, 3, 1))
			e.add(y, e.conv(e.pool(x, 2, 2, 0), b.Name+".downsample.1", b.Out, 1, 1))
			x = y
		case cell.LastNorm:
			x = e.pool(e.relu(e.norm(x, b.Name+".0")), x.side, x.side, 0)
		case cell.Classifier:
			x = e.conv(x, b.Name, b.Out, 1, 1)
		}
	}
	for i := range x.g {
		x.g[i] = 1
	}
	for i := len(e.back) - 1; i >= 0; i-- {
		e.back[i]()
	}
	for _, l := range layersOf(p) {
		var sum float64
		for i, g := range e.gradients[l.name] {
			sum += math.Abs(g * float64(l.weights[i]))
		}
		list = append(list, sum)
	}
	return list, nil
}
