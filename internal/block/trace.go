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
	LinearOutput
)

// Traced is what one module of a block computed for a batch, or the gradient of
// it.
type Traced struct {
	Module   string // as PyTorch names it below the block, such as layers.3.op.1; a node's is nodes.2; nothing for the block itself
	Source   string // of a ReLU's input: whose value it is, nodes.1, or nothing for the block's input
	Kind     TraceKind
	Gradient bool
	Images   int
	Side     int // of the images
	Channels int

	numbers numbers
	value   numbers // of the gradient of a convolution's or a linear layer's result
}

// size is how many numbers an image has.
func (v Traced) size() int { return v.Side * v.Side * kernel.Pad(v.Channels) }

// Numbers computes a dense batch [Images][Side][Side][Pad(Channels)], which is
// valid until the reader returns and not to be changed.
func (v Traced) Numbers() []float32 {
	size := v.size()
	if v.numbers.whole != nil {
		return v.numbers.whole[:v.Images*size]
	}
	all := make([]float32, v.Images*size)
	for i := range v.Images {
		v.numbers.one(i, all[i*size:][:size])
	}
	return all
}

// Image is one image of Numbers; into is where it is computed if need be.
func (v Traced) Image(i int, into []float32) []float32 { return v.numbers.image(i, into, v.size()) }

// Value is, of the gradient of a convolution's or a linear layer's result, an
// image of the result.
func (v Traced) Value(i int, into []float32) []float32 { return v.value.image(i, into, v.size()) }

// numbers are those of a batch: there already, or computed image by image.
type numbers struct {
	whole []float32
	one   func(i int, into []float32)
}

func (v numbers) image(i int, into []float32, size int) []float32 {
	if v.whole != nil {
		return v.whole[i*size:][:size]
	}
	v.one(i, into[:size])
	return into[:size]
}

// given returns numbers that are there, zeros in their place if they aren't.
func given(whole []float32) numbers {
	if whole == nil {
		return numbers{one: func(_ int, into []float32) { clear(into) }}
	}
	return numbers{whole: whole}
}

// tracer hands out what a block has. It costs nothing where there is no reader.
type tracer struct {
	read     func(Traced)
	images   int
	gradient bool
}

func (t tracer) show(module string, kind TraceKind, side, channels int, n numbers) {
	t.read(Traced{Module: module, Kind: kind, Gradient: t.gradient, Images: t.images, Side: side, Channels: channels, numbers: n})
}

func (t tracer) relu(module, source string, side, channels int, n numbers) {
	t.read(Traced{Module: module, Source: source, Kind: ReLUInput, Images: t.images, Side: side, Channels: channels, numbers: n})
}

// conv shows a convolution's result, or its gradient.
func (t tracer) conv(module string, side, channels int, value, gradient numbers) {
	v := Traced{Module: module, Kind: ConvOutput, Gradient: t.gradient, Images: t.images, Side: side, Channels: channels, numbers: value}
	if t.gradient {
		v.numbers, v.value = gradient, value
	}
	t.read(v)
}

// output computes what the norm gives.
func (b *norm) output(k *kernel.Kernels) numbers {
	return numbers{one: func(i int, into []float32) {
		k.AffineSum(into, b.shift, []kernel.Term{{X: b.image(i), Scale: b.scale}}, kernel.Plane{}, b.pixels, 1, b.padded)
	}}
}

// zGrad computes the gradient of what is normalized from that of the result, nil
// for zeros.
func (b *norm) zGrad(k *kernel.Kernels, dy []float32) numbers {
	if dy == nil {
		return given(nil)
	}
	size := b.pixels * b.padded
	return numbers{one: func(i int, into []float32) {
		b.storeGrad(k, kernel.Dense(into, b.pixels, b.padded), dy[i*size:][:size], i, 1, b.pixels)
	}}
}

// pooled computes the average pool of dense images.
func pooled(k *kernel.Kernels, of numbers, side, padded int) numbers {
	return numbers{one: func(i int, into []float32) {
		size := side * side * padded
		k.AvgPool(into, of.image(i, make([]float32, size), size), make([]float32, side*padded), side, side, padded, false)
	}}
}

// norm shows a convolution and its norm, or their gradients by that of the
// norm's result, nil for zeros.
func (t tracer) norm(k *kernel.Kernels, conv, norm string, b *norm, side int, dy []float32) {
	t.conv(conv, side, b.channels, given(b.z), b.zGrad(k, dy))
	if t.gradient {
		t.show(norm, NormOutput, side, b.channels, given(dy))
		return
	}
	t.show(norm, NormOutput, side, b.channels, b.output(k))
}

// show shows a cell: its gradients if grads has those of its nodes, nil for
// zeros.
func (b *Cell) show(n int, grads [][]float32) {
	if b.work.Reader == nil {
		return
	}
	t := tracer{func(v Traced) { b.work.Reader(b.Name, v) }, n, grads != nil}
	k := b.work.Kernels
	for _, e := range b.edges {
		layer := fmt.Sprintf("layers.%d", e.layer)
		var dy []float32
		if t.gradient {
			dy = grads[e.to]
		}
		if e.conv < 0 {
			if e.kind != cell.AveragePool {
				continue
			}
			result := given(dy)
			if !t.gradient {
				result = pooled(k, given(b.values[e.from]), b.side, b.padded(e.to))
			}
			t.show(layer+".op", PoolOutput, b.side, b.Out, result)
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
			t.relu(relu, fmt.Sprintf("nodes.%d", e.from), b.side, b.of(e.from), given(b.values[e.from]))
		}
		ofNorm := dy
		if e.pooled && dy != nil {
			ofNorm = b.gradOfNorm(e, dy)
		}
		t.norm(k, conv, norm, b.norms[e.conv], b.side, ofNorm)
		if e.pooled {
			result := given(dy)
			if !t.gradient {
				result = pooled(k, b.norms[e.conv].output(k), b.side, b.padded(e.to))
			}
			t.show(layer+".op", PoolOutput, b.side, b.Out, result)
		}
	}
	for node := range b.nodes {
		if !b.needed[node] {
			continue
		}
		value := b.values[node]
		if t.gradient {
			value = grads[node]
		}
		t.show(fmt.Sprintf("nodes.%d", node), NodeValue, b.side, b.of(node), given(value))
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
		t.relu("conv_a.op.0", "", 2*r.side, r.widths.In, given(r.x))
		t.relu("conv_b.op.0", "conv_a", r.side, r.widths.Out, given(r.middle))
	}
	t.norm(k, "conv_a.op.1", "conv_a.op.2", r.normA, r.side, dmiddle)
	t.norm(k, "conv_b.op.1", "conv_b.op.2", r.normB, r.side, dy)
	t.show("downsample.0", PoolOutput, r.side, r.widths.In, r.downsampled(k, t.gradient, dy))
	t.conv("downsample.1", r.side, r.widths.Out, numbers{one: func(i int, into []float32) {
		r.normB.output(k).one(i, into)
		for j, v := range r.outImage(r.y, i) {
			into[j] = v - into[j]
		}
	}}, given(dy))
}

// downsampled computes the 2x2 averages, or their gradient.
func (r *Reduction) downsampled(k *kernel.Kernels, gradient bool, dy []float32) numbers {
	if !gradient {
		return numbers{one: func(i int, into []float32) { k.HalfPool(into, r.inImage(r.x, i), 2*r.side, 2*r.side, r.inPad) }}
	}
	return numbers{one: func(i int, into []float32) {
		r.work.images(1, func(s *scratch, _ int) { r.down.inputGrad(k, s, into, r.outImage(dy, i), 1, false) })
	}}
}

// show shows a head, or its gradients by that of the norm's result.
func (b *Head) show(n int, dy []float32) {
	if b.work.Reader == nil {
		return
	}
	t := tracer{func(v Traced) { b.work.Reader(b.Name, v) }, n, dy != nil}
	k := b.work.Kernels
	if t.gradient {
		t.show("0", NormOutput, b.side, b.channels, given(dy))
		return
	}
	t.show("0", NormOutput, b.side, b.channels, b.norm.output(k))
	t.relu("1", "0", b.side, b.channels, b.norm.output(k))
}

// show shows a linear layer, or its gradient by that of its result.
func (l *Linear) show(n int, dy []float32) {
	if l.work.Reader == nil {
		return
	}
	row := func(of []float32) numbers {
		return numbers{one: func(i int, into []float32) { clear(into[copy(into, of[i*l.classes:][:l.classes]):]) }}
	}
	v := Traced{Kind: LinearOutput, Images: n, Side: 1, Channels: l.classes, numbers: row(l.y)}
	if dy != nil {
		v.Gradient, v.numbers, v.value = true, row(dy), row(l.y)
	}
	l.work.Reader(l.Name, v)
}
