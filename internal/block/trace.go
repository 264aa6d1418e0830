package block

import (
	"fmt"

	"cellnet/cell"
	"cellnet/internal/kernel"
)

// TraceKind says what a [Traced] is.
type TraceKind uint8

// The kinds.
const (
	ConvOutput TraceKind = iota // before batch norm
	NormOutput
	PoolOutput
	ReLUInput // not the result: its sign is what matters; has no gradient
	NodeValue // of a cell's node
)

// Traced is what one module of a block computed for a batch, or the gradient of
// it.
type Traced struct {
	Module   string // as PyTorch names it below the block, such as layers.3.op.1; a node's is nodes.2
	Kind     TraceKind
	Gradient bool
	Images   int
	Side     int // of the images
	Channels int

	// Numbers computes a dense batch [Images][Side][Side][Pad(Channels)], which
	// is valid until the reader returns and not to be changed.
	Numbers func() []float32
}

// tracer hands out what a block has. It costs nothing where there is no reader.
type tracer struct {
	read     func(Traced)
	images   int
	gradient bool
}

func (t tracer) show(module string, kind TraceKind, side, channels int, numbers func() []float32) {
	t.read(Traced{module, kind, t.gradient, t.images, side, channels, func() []float32 {
		return numbers()[:t.images*side*side*kernel.Pad(channels)]
	}})
}

// given returns numbers that are there, zeros in their place if they aren't.
func given(numbers []float32, size int) func() []float32 {
	return func() []float32 {
		if numbers == nil {
			return make([]float32, size)
		}
		return numbers
	}
}

// output computes what the norm gives for n images.
func (b *norm) output(k *kernel.Kernels, n int) []float32 {
	y := make([]float32, n*b.pixels*b.padded)
	k.AffineSum(y, b.shift, []kernel.Term{{X: b.images(0, n), Scale: b.scale}}, kernel.Plane{}, n*b.pixels, 1, b.padded)
	return y
}

// zGrad computes the gradient of what is normalized from that of the result of n
// images.
func (b *norm) zGrad(k *kernel.Kernels, dy []float32, n int) []float32 {
	size := b.pixels * b.padded
	dz := make([]float32, n*size)
	if dy == nil {
		return dz
	}
	for i := range n {
		b.storeGrad(k, kernel.Dense(dz[i*size:], b.pixels, b.padded), dy[i*size:][:size], i, 1, b.pixels)
	}
	return dz
}

// norm shows a convolution and its norm, or their gradients by that of the
// norm's result, nil for zeros.
func (t tracer) norm(k *kernel.Kernels, conv, norm string, b *norm, side int, dy []float32) {
	if t.gradient {
		t.show(conv, ConvOutput, side, b.channels, func() []float32 { return b.zGrad(k, dy, t.images) })
		t.show(norm, NormOutput, side, b.channels, given(dy, t.images*b.pixels*b.padded))
		return
	}
	t.show(conv, ConvOutput, side, b.channels, given(b.z, 0))
	t.show(norm, NormOutput, side, b.channels, func() []float32 { return b.output(k, t.images) })
}

// show shows a cell: its gradients if grads has those of its nodes, nil for
// zeros.
func (b *Cell) show(n int, grads [][]float32) {
	if b.work.Reader == nil {
		return
	}
	t := tracer{func(v Traced) { b.work.Reader(b.Name, v) }, n, grads != nil}
	k := b.work.Kernels
	size := func(node int) int { return n * b.size(node) }
	for _, e := range b.edges {
		layer := fmt.Sprintf("layers.%d", e.layer)
		var dy []float32
		if t.gradient {
			dy = grads[e.to]
		}
		pooled := func(dense []float32) func() []float32 {
			return func() []float32 {
				y := make([]float32, size(e.to))
				one := b.size(e.to)
				for i := range n {
					k.AvgPool(y[i*one:][:one], dense[i*one:][:one], make([]float32, b.side*b.padded(e.to)), b.side, b.side, b.padded(e.to), false)
				}
				return y
			}
		}
		if e.conv < 0 {
			if e.kind != cell.AveragePool {
				continue
			}
			numbers := given(dy, size(e.to))
			if !t.gradient {
				numbers = pooled(b.values[e.from])
			}
			t.show(layer+".op", PoolOutput, b.side, b.Out, numbers)
			continue
		}
		conv, norm, relu := layer+".op.1", layer+".op.2", layer+".op.0"
		switch {
		case e.linear:
			conv, norm, relu = layer+".conv", layer+".bn", ""
		case e.pooled:
			conv, norm, relu = layer+".preprocess.op.1", layer+".preprocess.op.2", layer+".preprocess.op.0"
		}
		if relu != "" && !t.gradient {
			t.show(relu, ReLUInput, b.side, b.of(e.from), given(b.values[e.from], 0))
		}
		ofNorm := dy
		if e.pooled && dy != nil {
			ofNorm = b.gradOfNorm(e, dy)
		}
		t.norm(k, conv, norm, b.norms[e.conv], b.side, ofNorm)
		if e.pooled {
			numbers := given(dy, size(e.to))
			if !t.gradient {
				numbers = func() []float32 { return pooled(b.norms[e.conv].output(k, n))() }
			}
			t.show(layer+".op", PoolOutput, b.side, b.Out, numbers)
		}
	}
	for node := range b.nodes {
		value := b.values[node]
		if t.gradient {
			value = grads[node]
		}
		t.show(fmt.Sprintf("nodes.%d", node), NodeValue, b.side, b.of(node), given(value, size(node)))
	}
}

// show shows a stem, or its gradients by that of its result.
func (b *Stem) show(n int, dy []float32) {
	if b.work.Reader != nil {
		t := tracer{func(v Traced) { b.work.Reader(b.Name, v) }, n, dy != nil}
		t.norm(b.work.Kernels, "0", "1", b.norm, b.side, dy)
	}
}

// show shows a residual block, or its gradients by those of its result and of
// its middle.
func (r *Reduction) show(n int, dy, dmiddle []float32) {
	if r.work.Reader == nil {
		return
	}
	t := tracer{func(v Traced) { r.work.Reader(r.Name, v) }, n, dy != nil}
	k := r.work.Kernels
	if !t.gradient {
		t.show("conv_a.op.0", ReLUInput, 2*r.side, r.widths.In, given(r.x, 0))
		t.show("conv_b.op.0", ReLUInput, r.side, r.widths.Out, given(r.middle, 0))
	}
	t.norm(k, "conv_a.op.1", "conv_a.op.2", r.normA, r.side, dmiddle)
	t.norm(k, "conv_b.op.1", "conv_b.op.2", r.normB, r.side, dy)
	if t.gradient {
		t.show("downsample.1", ConvOutput, r.side, r.widths.Out, given(dy, 0))
		return
	}
	t.show("downsample.0", PoolOutput, r.side, r.widths.In, func() []float32 {
		size := r.side * r.side * r.inPad
		y := make([]float32, n*size)
		for i := range n {
			k.HalfPool(y[i*size:][:size], r.inImage(r.x, i), 2*r.side, 2*r.side, r.inPad)
		}
		return y
	})
	t.show("downsample.1", ConvOutput, r.side, r.widths.Out, func() []float32 {
		y := r.normB.output(k, n)
		for i, v := range r.y[:len(y)] {
			y[i] = v - y[i]
		}
		return y
	})
}

// show shows a head, or its gradients by that of the norm's result.
func (b *Head) show(n int, dy []float32) {
	if b.work.Reader == nil {
		return
	}
	t := tracer{func(v Traced) { b.work.Reader(b.Name, v) }, n, dy != nil}
	k := b.work.Kernels
	if t.gradient {
		t.show("0", NormOutput, b.side, b.channels, given(dy, 0))
		return
	}
	t.show("0", NormOutput, b.side, b.channels, func() []float32 { return b.norm.output(k, n) })
	t.show("1", ReLUInput, b.side, b.channels, func() []float32 { return b.norm.output(k, n) })
}
