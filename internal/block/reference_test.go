package block

import (
	"math"

	"cellnet/cell"
	"cellnet/internal/kernel"
)

// The obvious twin: blocks in float64, one number after the other, in PyTorch's
// layout. volume is one batch, NCHW.
type volume struct {
	n, channels, side int
	v                 []float64
}

func newVolume(n, channels, side int) volume {
	return volume{n, channels, side, make([]float64, n*channels*side*side)}
}

func (x volume) at(i, c, row, col int) *float64 {
	return &x.v[((i*x.channels+c)*x.side+row)*x.side+col]
}

func (x volume) each(f func(i, c, row, col int)) {
	for i := range x.n {
		for c := range x.channels {
			for row := range x.side {
				for col := range x.side {
					f(i, c, row, col)
				}
			}
		}
	}
}

func (x volume) add(y volume) {
	for i, v := range y.v {
		x.v[i] += v
	}
}

func (x volume) relu() volume {
	y := newVolume(x.n, x.channels, x.side)
	for i, v := range x.v {
		y.v[i] = math.Max(v, 0)
	}
	return y
}

// inside calls f for the pixels of the size x size window of stride around an
// output pixel.
func (x volume) inside(row, col, size, stride int, f func(r, c, tap int)) {
	for dy := range size {
		for dx := range size {
			r, c := row*stride+dy-size/2, col*stride+dx-size/2
			if r >= 0 && r < x.side && c >= 0 && c < x.side {
				f(r, c, dy*size+dx)
			}
		}
	}
}

func (x volume) conv(w []float64, out, size, stride int) volume {
	y := newVolume(x.n, out, x.side/stride)
	y.each(func(i, o, row, col int) {
		for c := range x.channels {
			x.inside(row, col, size, stride, func(r, k, tap int) {
				*y.at(i, o, row, col) += *x.at(i, c, r, k) * w[(o*x.channels+c)*size*size+tap]
			})
		}
	})
	return y
}

func (x volume) avgPool() volume {
	y := newVolume(x.n, x.channels, x.side)
	y.each(func(i, c, row, col int) {
		sum, count := 0.0, 0.0
		x.inside(row, col, 3, 1, func(r, k, _ int) { sum, count = sum+*x.at(i, c, r, k), count+1 })
		*y.at(i, c, row, col) = sum / count
	})
	return y
}

func (x volume) halfPool() volume {
	y := newVolume(x.n, x.channels, x.side/2)
	x.each(func(i, c, row, col int) { *y.at(i, c, row/2, col/2) += *x.at(i, c, row, col) / 4 })
	return y
}

// batchNorm normalizes with the batch's statistics, which it returns: means and
// unbiased variances.
func (x volume) batchNorm(weight, bias []float64) (y volume, means, variances []float64) {
	y = newVolume(x.n, x.channels, x.side)
	count := float64(x.n * x.side * x.side)
	means, variances = make([]float64, x.channels), make([]float64, x.channels)
	x.each(func(i, c, row, col int) { means[c] += *x.at(i, c, row, col) / count })
	x.each(func(i, c, row, col int) {
		d := *x.at(i, c, row, col) - means[c]
		variances[c] += d * d / count
	})
	x.each(func(i, c, row, col int) {
		*y.at(i, c, row, col) = (*x.at(i, c, row, col)-means[c])/math.Sqrt(variances[c]+Epsilon)*weight[c] + bias[c]
	})
	for c := range variances {
		variances[c] *= count / (count - 1)
	}
	return y, means, variances
}

// refConvNorm is a convolution and its norm in float64.
type refConvNorm struct{ conv, weight, bias []float64 }

func (x volume) convNorm(p refConvNorm, size, stride int) volume {
	y, _, _ := x.conv(p.conv, len(p.weight), size, stride).batchNorm(p.weight, p.bias)
	return y
}

// convNorms lists the taps and input channels of the convolutions of a cell.
func convNorms(c cell.Cell, w Widths) (list []struct{ in, taps int }) {
	for _, e := range c.Edges() {
		in, taps := w.of(e.From), e.Op.Taps()
		switch e.Op.Kind() {
		case cell.Convolution:
		case cell.Identity, cell.AveragePool:
			if in == w.Out {
				continue
			}
			taps = 1
		default:
			continue
		}
		list = append(list, struct{ in, taps int }{in, taps})
	}
	return list
}

func refCell(c cell.Cell, params []refConvNorm, w Widths, x volume) volume {
	values, next := []volume{x}, 0
	norm := func(x volume, size int) volume {
		next++
		return x.convNorm(params[next-1], size, 1)
	}
	for node := 1; node < c.NumNodes(); node++ {
		sum := newVolume(x.n, w.Out, x.side)
		for _, e := range c.Incoming(node) {
			from := values[e.From]
			widens := from.channels != w.Out
			switch e.Op {
			case cell.None:
			case cell.SkipConnect:
				if widens {
					from = norm(from, 1)
				}
				sum.add(from)
			case cell.AvgPool3x3:
				if widens {
					from = norm(from.relu(), 1)
				}
				sum.add(from.avgPool())
			case cell.NorConv1x1:
				sum.add(norm(from.relu(), 1))
			case cell.NorConv3x3:
				sum.add(norm(from.relu(), 3))
			default:
				panic("no twin of " + e.Op.String())
			}
		}
		values = append(values, sum)
	}
	return values[len(values)-1]
}

// toDense converts to NHWC with padded channels.
func (x volume) toDense() []float32 {
	padded := kernel.Pad(x.channels)
	y := make([]float32, x.n*x.side*x.side*padded)
	x.each(func(i, c, row, col int) {
		y[((i*x.side+row)*x.side+col)*padded+c] = float32(*x.at(i, c, row, col))
	})
	return y
}

// fromDense is the inverse of toDense.
func fromDense(y []float32, n, channels, side int) volume {
	x := newVolume(n, channels, side)
	padded := kernel.Pad(channels)
	x.each(func(i, c, row, col int) {
		*x.at(i, c, row, col) = float64(y[((i*side+row)*side+col)*padded+c])
	})
	return x
}
