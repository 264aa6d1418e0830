package block

import (
	"cellnet/internal/hugepage"
	"cellnet/internal/kernel"
)

// twoCellGrad is what a cell's gradient needs beside the forward pass.
type twoCellGrad struct {
	live    []bool
	inputs  [2][]float32
	values  [][]float32
	layers  []LayerGrad
	between [][]float32 // of the last layer's input, for each branch of a value
}

// prepareGrad allocates the gradient's memory at its first use.
func (b *TwoCell) prepareGrad() {
	g := &b.grad
	if g.live != nil {
		return
	}
	g.live = b.shape.Cell.Live()
	for number, p := range b.preprocess {
		g.inputs[number] = hugepage.Floats(b.capacity * p.layer.side * p.layer.side * p.inPad)
	}
	g.values = make([][]float32, len(b.values))
	layers := b.shape.AllLayers()
	for _, l := range layers {
		g.layers = append(g.layers, b.work.Memory.layerGrad(l))
	}
}

// Backward computes the gradients of the last Forward from that of its result:
// those of the inputs and, in the order of the parameters, of the layers. They
// are valid until the next call. Those of layers that reach no result are zero.
func (b *TwoCell) Backward(dy []float32, n int) (dbefore, dlast []float32, layers []LayerGrad) {
	b.prepareGrad()
	g := &b.grad
	b.work.images(len(b.stages), func(_ *scratch, i int) { b.stages[i].packTransposed(b.Params[i].Weights) })
	for value := range g.values {
		if g.live[value] {
			g.values[value] = b.work.shared(useNode+value, b.capacity*b.size(value))
		}
	}
	b.work.images(n, func(_ *scratch, i int) { b.divide(dy[i*b.outSize():][:b.outSize()], i) })
	for value := len(b.values) - 1; value >= len(b.preprocess); value-- {
		if g.live[value] {
			b.valueGrad(value, n)
		}
	}
	b.preprocessGrad(n)
	return g.inputs[0], g.inputs[1], g.layers
}

// gradImage is image i of a value's gradient.
func (b *TwoCell) gradImage(value, i int) []float32 {
	return b.grad.values[value][i*b.size(value):][:b.size(value)]
}

// divide begins the gradients of the values with their parts of the result's.
func (b *TwoCell) divide(dy []float32, i int) {
	begun := make([]bool, len(b.values))
	for at, value := range b.shape.Concat {
		dst, src := b.gradImage(value, i), dy[at*b.shape.Width:]
		if begun[value] {
			addChannels(dst, b.padded, src, kernel.Pad(b.shape.Channels()), b.shape.Width)
			continue
		}
		begun[value] = true
		clear(dst)
		copyChannels(dst, b.padded, src, kernel.Pad(b.shape.Channels()), b.shape.Width)
	}
	for value, done := range begun {
		if !done && b.grad.live[value] {
			clear(b.gradImage(value, i))
		}
	}
}

// addChannels adds the first channels of each pixel.
func addChannels(dst []float32, dstPixel int, src []float32, srcPixel, channels int) {
	for p := 0; p*dstPixel < len(dst); p++ {
		to := dst[p*dstPixel:][:channels]
		for c, v := range src[p*srcPixel:][:channels] {
			to[c] += v
		}
	}
}

// settleGrad ends the batch norm of a layer whose result was added so many
// times.
func (b *TwoCell) settleGrad(t *stage, times, n int) {
	grad := b.grad.layers[t.number].NormGrad
	t.settleGrad(b.Params[t.number].Norm, grad, 1, n)
	if times == 1 {
		return
	}
	for _, list := range [][]float32{grad.Weight, grad.Bias, t.gradY, t.gradZ, t.gradOne} {
		for c := range list {
			list[c] *= float32(times)
		}
	}
}

// valueGrad takes a value's gradient through the branches that lead to it.
func (b *TwoCell) valueGrad(value, n int) {
	k := b.work.Kernels
	var last, first []*branch // that have layers, and several layers
	for _, br := range b.branches[value] {
		if len(br.layers) > 0 {
			last = append(last, br)
		}
		if len(br.layers) > 1 {
			first = append(first, br)
		}
	}
	b.work.images(n, func(_ *scratch, i int) {
		for _, br := range last {
			br.last().observeGrad(k, b.gradImage(value, i), i, 1)
		}
	})
	for _, br := range last {
		b.settleGrad(br.last(), br.Times, n)
	}
	between := make([][]float32, len(first))
	for j, br := range first {
		between[j] = b.work.shared(useNode+len(b.values)+j, b.capacity*br.layers[0].pixels()*b.padded)
	}
	betweenImage := func(j, i int) []float32 {
		size := first[j].layers[0].pixels() * b.padded
		return between[j][i*size:][:size]
	}
	b.layersGrad(lastLayers(last), n, func(s *scratch, sums [][]float32, i int) {
		dy, j := b.gradImage(value, i), 0
		for at, br := range last {
			t := br.last()
			if len(br.layers) == 1 {
				t.backwardInto(k, s, sums[at], b.gradImage(br.From, i), b.image(br.From, i), nil, dy, i, true)
				continue
			}
			before := br.layers[0]
			d := betweenImage(j, i)
			t.backwardInto(k, s, sums[at], d, before.image(i), before.affine(), dy, i, false)
			before.observeGrad(k, d, i, 1)
			j++
		}
		b.addPassed(k, s, value, i)
	})
	for _, br := range first {
		// What comes back has the times in it already.
		b.settleGrad(br.layers[0], 1, n)
	}
	if len(first) == 0 {
		return
	}
	b.layersGrad(firstLayers(first), n, func(s *scratch, sums [][]float32, i int) {
		for j, br := range first {
			br.layers[0].backwardInto(k, s, sums[j], b.gradImage(br.From, i), b.image(br.From, i), nil, betweenImage(j, i), i, true)
		}
	})
}

func lastLayers(branches []*branch) []*stage {
	var list []*stage
	for _, br := range branches {
		list = append(list, br.last())
	}
	return list
}

func firstLayers(branches []*branch) []*stage {
	var list []*stage
	for _, br := range branches {
		list = append(list, br.layers[0])
	}
	return list
}

// backwardInto stores the gradient of what a layer reads of image i, or adds it:
// from dy, that of its normalized result.
func (t *stage) backwardInto(k *kernel.Kernels, s *scratch, sums, dst, x []float32, a *affine, dy []float32, i int, add bool) {
	bordered, values := t.read(k, s, x, a)
	g := t.backward(k, s, sums, bordered, func(dz kernel.Plane) { t.storeGrad(k, dz, dy, i, t.layer.out, t.layer.out) })
	s.sums = s.sums[:0]
	if add {
		s.sums = append(s.sums, dst)
	}
	k.MaskedSum(dst, g, values, s.sums, len(dst))
}

// addPassed adds a value's gradient to those of the values that reach it
// without layers.
func (b *TwoCell) addPassed(k *kernel.Kernels, s *scratch, value, i int) {
	dy := b.gradImage(value, i)
	for _, br := range b.branches[value] {
		for range br.Times {
			switch dx := b.grad.values[br.From]; {
			case len(br.layers) > 0 || dx == nil:
			case br.identity():
				to := b.gradImage(br.From, i)
				s.sums = append(s.sums[:0], to, dy)
				k.MaskedSum(to, nil, nil, s.sums, len(to))
			case br.pool != nil:
				br.pool.addGrad(k, s, b.gradImage(br.From, i), b.image(br.From, i), dy)
			}
		}
	}
}

// layersGrad calls f for all images, with the sums of the weights' gradients of
// each layer, and hands these out.
func (b *TwoCell) layersGrad(layers []*stage, n int, f func(s *scratch, sums [][]float32, i int)) {
	total := 0
	for _, t := range layers {
		total += t.gradSize()
	}
	divided := func(sums []float32) [][]float32 {
		var list [][]float32
		for _, t := range layers {
			list = append(list, sums[:t.gradSize()])
			sums = sums[t.gradSize():]
		}
		return list
	}
	all := divided(newWeightSums(b.work, b.outSide(), total).each(n, func(s *scratch, sums []float32, from, count int) {
		list := divided(sums)
		for i := from; i < from+count; i++ {
			f(s, list, i)
		}
	}))
	b.work.images(len(layers), func(_ *scratch, i int) {
		layers[i].collect(b.grad.layers[layers[i].number].Weights, all[i])
	})
}

// preprocessGrad takes the gradients of the values 0 and 1 to the inputs.
func (b *TwoCell) preprocessGrad(n int) {
	k := b.work.Kernels
	var live []*stage
	var numbers []int
	for number, p := range b.preprocess {
		if b.grad.live[number] {
			live, numbers = append(live, p), append(numbers, number)
		} else {
			clear(b.grad.inputs[number])
		}
	}
	b.work.images(n, func(_ *scratch, i int) {
		for j, p := range live {
			p.observeGrad(k, b.gradImage(numbers[j], i), i, 1)
		}
	})
	for _, p := range live {
		b.settleGrad(p, 1, n)
	}
	b.layersGrad(live, n, func(s *scratch, sums [][]float32, i int) {
		for j, p := range live {
			x := b.input(numbers[j], i)
			dst := b.grad.inputs[numbers[j]][i*len(x):][:len(x)]
			p.backwardInto(k, s, sums[j], dst, x, nil, b.gradImage(numbers[j], i), i, false)
		}
	})
}
