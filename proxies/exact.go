package proxies

import (
	"fmt"
	"math"

	"cellnet/cell"
	"cellnet/models"
)

// exact computes a network of one image in float64: what synflow_bn needs, whose
// gradients are what is left of numbers that nearly cancel. Every step notes how
// its gradient is computed.
type exact struct {
	params    *models.Parameters
	gradients map[string][]float64 // of weights, OIHW
	back      []func()             // in the order of the steps
}

// values are those of an image, [side][side][channels], with their gradient.
type values struct {
	side, channels int
	v, g           []float64
}

func newValues(side, channels int) *values {
	size := side * side * channels
	return &values{side, channels, make([]float64, size), make([]float64, size)}
}

func (e *exact) floats(name string) []float32 {
	return e.params.Learnable(name).Data().([]float32)
}

// then notes a gradient.
func (e *exact) then(f func()) { e.back = append(e.back, f) }

// addRows adds rows of a matrix [len(x)][len(dst)], each times a number of x.
func addRows(dst, x, rows []float64) {
	n := len(dst)
	i := 0
	for ; i+4 <= len(x); i += 4 {
		x0, x1, x2, x3 := x[i], x[i+1], x[i+2], x[i+3]
		if x0 == 0 && x1 == 0 && x2 == 0 && x3 == 0 {
			continue
		}
		r0, r1, r2, r3 := rows[i*n:][:n], rows[(i+1)*n:][:n], rows[(i+2)*n:][:n], rows[(i+3)*n:][:n]
		for j := range dst {
			dst[j] += x0*r0[j] + x1*r1[j] + x2*r2[j] + x3*r3[j]
		}
	}
	for ; i < len(x); i++ {
		for j, r := range rows[i*n:][:n] {
			dst[j] += x[i] * r
		}
	}
}

// addProducts adds x[i]*g[j] to dst[i][j].
func addProducts(dst, x, g []float64) {
	n := len(g)
	for i, v := range x {
		if v == 0 {
			continue
		}
		row := dst[i*n:][:n]
		for j, w := range g {
			row[j] += v * w
		}
	}
}

// conv is a convolution with padding that keeps the side at a stride of 1.
func (e *exact) conv(x *values, name string, out, size, stride int) *values {
	weights, in := e.floats(name+".weight"), x.channels
	taps := size * size
	w, transposed := make([]float64, taps*in*out), make([]float64, taps*in*out)
	for o := range out {
		for i := range in {
			for t := range taps {
				v := float64(weights[(o*in+i)*taps+t])
				w[(t*in+i)*out+o], transposed[(t*out+o)*in+i] = v, v
			}
		}
	}
	y := newValues(x.side/stride, out)
	// each calls f for every output pixel and tap within the image.
	each := func(f func(pixel, source, tap int)) {
		for row := range y.side {
			for col := range y.side {
				for t := range taps {
					r, c := row*stride+t/size-size/2, col*stride+t%size-size/2
					if r >= 0 && r < x.side && c >= 0 && c < x.side {
						f(row*y.side+col, r*x.side+c, t)
					}
				}
			}
		}
	}
	each(func(p, q, t int) { addRows(y.v[p*out:][:out], x.v[q*in:][:in], w[t*in*out:][:in*out]) })
	e.then(func() {
		dw := make([]float64, taps*in*out)
		each(func(p, q, t int) {
			dy := y.g[p*out:][:out]
			addRows(x.g[q*in:][:in], dy, transposed[t*in*out:][:in*out])
			addProducts(dw[t*in*out:][:in*out], x.v[q*in:][:in], dy)
		})
		g := make([]float64, len(weights))
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
	scale, shift := e.floats(name+".weight"), e.floats(name+".bias")
	y := newValues(x.side, x.channels)
	n, ch := float64(x.side*x.side), x.channels
	mean, inverse := make([]float64, ch), make([]float64, ch)
	for i, v := range x.v {
		mean[i%ch] += v / n
	}
	for i, v := range x.v {
		d := v - mean[i%ch]
		inverse[i%ch] += d * d / n
	}
	for c, v := range inverse {
		inverse[c] = 1 / math.Sqrt(v+batchNormEpsilon)
	}
	for i, v := range x.v {
		c := i % ch
		y.v[i] = (v-mean[c])*inverse[c]*float64(scale[c]) + float64(shift[c])
	}
	e.then(func() {
		sum, along := make([]float64, ch), make([]float64, ch)
		for i, g := range y.g {
			c := i % ch
			sum[c] += g / n
			along[c] += g * (x.v[i] - mean[c]) * inverse[c] / n
		}
		for i, g := range y.g {
			c := i % ch
			x.g[i] += float64(scale[c]) * inverse[c] * (g - sum[c] - (x.v[i]-mean[c])*inverse[c]*along[c])
		}
	})
	return y
}

func (e *exact) relu(x *values) *values {
	y := newValues(x.side, x.channels)
	for i, v := range x.v {
		y.v[i] = math.Max(v, 0)
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
	y := newValues(x.side/stride, x.channels)
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
		nodes[i] = newValues(x.side, b.Out)
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
func synFlowBN(p *models.Parameters, side int) (parts, error) {
	p, err := p.Clone()
	if err != nil {
		return nil, err
	}
	absolute(p)
	net := p.Network().(cell.Network)
	dead := net.WithoutGradient()
	e := &exact{params: p, gradients: map[string][]float64{}}
	x := newValues(side, 3)
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
			y := newValues(x.side/2, b.Out)
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
	var list parts
	for _, l := range layersOf(p) {
		var sum float64
		for i, g := range e.gradients[l.name] {
			sum += math.Abs(g * float64(l.weights[i]))
		}
		list = append(list, sum)
	}
	return list, nil
}
