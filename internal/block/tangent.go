package block

import (
	"cellnet/cell"
	"cellnet/internal/kernel"
)

// Tangents are how what a block computes changes when the weights of its
// convolutions move in a direction: forward that of its output, backward that of
// the gradient of its input. ReLUs stay as they are. From a layer's results and
// gradients with their tangents follows its curvature, the product of its weights
// and of how their gradients change: the Hessian times the direction, times the
// weights.
//
// Batch norm must normalize by the batch. A tangent follows the pass of the same
// direction, of the same images.

// normTangent is that of a batch norm: of what it normalizes, and of what it gives.
type normTangent struct {
	*norm
	rz []float32 // of z, a dense batch
	q  []float32 // the part of it that comes from the convolution's input; nil if there is none

	slope, z0, one    []float32 // of the result: slope*rz + z0*z + one
	meanR, turn       []float64 // rz's mean; its part along z, by z's deviation
	ofRDY, ofDY, ofRZ []float32 // z's gradient changes by ofRDY*rdy + ofDY*dy + ofRZ*rz + ofZ*z + ofOne
	ofZ, ofOne        []float32
	sumWork, work     []float32
	curvatures        []float64 // of each image
}

func newNormTangent(w *Workspace, b *norm, images int, withInput bool) *normTangent {
	vector := func() []float32 { return w.Memory.zeros(b.padded) }
	size := images * b.pixels * b.padded
	t := &normTangent{
		norm: b, rz: w.floats(size), slope: vector(), z0: vector(), one: vector(), meanR: make([]float64, b.channels), turn: make([]float64, b.channels),
		ofRDY: vector(), ofDY: vector(), ofRZ: vector(), ofZ: vector(), ofOne: vector(), sumWork: vector(), work: vector(), curvatures: make([]float64, images),
	}
	if withInput {
		t.q = w.floats(size)
	}
	return t
}

// of is image i of a batch like z.
func (t *normTangent) of(batch []float32, i int) []float32 {
	size := t.pixels * t.padded
	return batch[i*size:][:size]
}

// sums adds up a batch, and its products with another batch less a mean.
func (t *normTangent) sums(k *kernel.Kernels, dy, z, mean []float32, n int) (sum, dots []float64) {
	sum, dots = make([]float64, t.channels), make([]float64, t.channels)
	for i := range n {
		k.GradSums(t.sumWork, t.work, t.of(dy, i), t.of(z, i), mean, t.pixels, t.padded)
		for c := range sum {
			sum[c] += float64(t.sumWork[c])
			dots[c] += float64(t.work[c])
		}
	}
	return sum, dots
}

// inner is the inner product of two images.
func (t *normTangent) inner(k *kernel.Kernels, s *scratch, a, b []float32) float64 {
	work := s.densely(useSums, 2*t.padded)
	k.GradSums(work[:t.padded], work[t.padded:], a, b, s.zeros(t.padded), t.pixels, t.padded)
	var sum float64
	for _, v := range work[t.padded:][:t.channels] {
		sum += float64(v)
	}
	return sum
}

// settle sets the result's tangent, of n images whose rz is complete.
func (t *normTangent) settle(k *kernel.Kernels, p Norm, n int) {
	count := float64(n * t.pixels)
	sum, dots := t.sums(k, t.rz, t.z, t.mean, n)
	for c := range sum {
		a, s := float64(p.Weight[c])*t.invStd[c], t.invStd[c]
		t.meanR[c], t.turn[c] = sum[c]/count, s*dots[c]/count
		z0 := -a * s * t.turn[c]
		t.slope[c], t.z0[c] = float32(a), float32(z0)
		t.one[c] = float32(-a*t.meanR[c] - z0*float64(t.mean[c]))
	}
}

// terms appends those of the result's tangent of image i, and adds its constant.
func (t *normTangent) terms(list []kernel.Term, shift []float32, i int) []kernel.Term {
	for c, v := range t.one {
		shift[c] += v
	}
	return append(list, kernel.Term{X: t.of(t.rz, i), Scale: t.slope}, kernel.Term{X: t.image(i), Scale: t.z0})
}

// settleGrad sets how z's gradient changes, from the gradient of the result and
// its tangent, after settle and the norm's own settleGrad.
func (t *normTangent) settleGrad(k *kernel.Kernels, p Norm, dy, rdy []float32, n int) {
	count := float64(n * t.pixels)
	sum, dots := t.sums(k, dy, t.z, t.mean, n)
	rsum, rdots := t.sums(k, rdy, t.z, t.mean, n)
	meanR := make([]float32, t.padded)
	for c, v := range t.meanR {
		meanR[c] = float32(v)
	}
	_, cross := t.sums(k, dy, t.rz, meanR, n)
	for c := range sum {
		s, turn := t.invStd[c], t.turn[c]
		a := float64(p.Weight[c]) * s
		mean, along := sum[c]/count, s*dots[c]/count // of dy, and of dy times the normalized z
		crossed := cross[c] + (float64(meanR[c])-t.meanR[c])*sum[c]
		ralong := (s*crossed - s*turn*s*dots[c] + s*rdots[c]) / count
		ofNormalized := 2*a*s*turn*along - a*ralong
		t.ofRDY[c], t.ofDY[c] = float32(a), float32(-a*s*turn)
		t.ofRZ[c], t.ofZ[c] = float32(-a*s*along), float32(ofNormalized*s)
		t.ofOne[c] = float32(-ofNormalized*s*float64(t.mean[c]) - a*rsum[c]/count + a*s*along*t.meanR[c] + a*s*turn*mean)
	}
}

// curvature is that of n images.
func (t *normTangent) curvature(n int) float64 {
	var sum float64
	for _, v := range t.curvatures[:n] {
		sum += v
	}
	return sum
}

// grads computes z's gradient of image i, its tangent and the image's part of the
// curvature.
func (t *normTangent) grads(k *kernel.Kernels, s *scratch, dz, rdz, dy, rdy []float32, i int) {
	t.storeGrad(k, kernel.Dense(dz, t.pixels, t.padded), t.of(dy, i), i, 1, t.pixels)
	s.terms = append(s.terms[:0],
		kernel.Term{X: t.of(rdy, i), Scale: t.ofRDY}, kernel.Term{X: t.of(dy, i), Scale: t.ofDY},
		kernel.Term{X: t.of(t.rz, i), Scale: t.ofRZ}, kernel.Term{X: t.image(i), Scale: t.ofZ})
	k.AffineSum(rdz, t.ofOne, s.terms, kernel.Plane{}, t.pixels, 1, t.padded)
	t.curvatures[i] = t.inner(k, s, rdz, t.image(i))
	if t.q != nil {
		t.curvatures[i] += t.inner(k, s, dz, t.of(t.q, i))
	}
}

// convTangent is that of one convolution of stride 1: its weights, and their
// direction.
type convTangent struct{ weights, direction *convs }

func newConvTangent(side, in, out, taps int) convTangent {
	return convTangent{newConvs(side, in, out, taps, 1), newConvs(side, in, out, taps, 1)}
}

func (c convTangent) pack(w *Workspace, weights, direction []float32) {
	p := packing{memory: w.Memory}
	for _, of := range []struct {
		c *convs
		w []float32
	}{{c.weights, weights}, {c.direction, direction}} {
		p.forward(of.c, w.Kernels, func(int) []float32 { return of.w })
		p.backward(of.c, w.Kernels, func(int) []float32 { return of.w })
	}
	p.run(w)
}

// run computes, for one image, what arrives from the tangent rx of what is read:
// q; and with what the direction adds for x, whose positive part is read unless
// the convolution is linear: rz.
func (c convTangent) run(k *kernel.Kernels, s *scratch, q, rz, rx, x []float32) {
	s.blocks = blocks(s.blocks[:0], q, c.weights.outPad)
	c.weights.runSigned(k, s, s.blocks, rx, 1)
	copy(rz, q)
	s.blocks = blocks(s.blocks[:0], rz, c.weights.outPad)
	c.direction.run(k, s, s.blocks, x, 1, true)
}

// grad computes the tangent of the gradient of what is read.
func (c convTangent) grad(k *kernel.Kernels, s *scratch, dst, dz, rdz []float32, add bool) {
	c.weights.inputGrad(k, s, dst, rdz, 1, add)
	c.direction.inputGrad(k, s, dst, dz, 1, true)
}

// runSigned is run of numbers that are read as they are, also below zero.
func (c *convs) runSigned(k *kernel.Kernels, s *scratch, out [][]float32, in []float32, n int) {
	if c.taps == 1 {
		c.run(k, s, out, in, n, false)
		return
	}
	k.WinogradConv(c.winograd(n, c.in, c.inPad, c.outPad, false), &s.winograd, out, in, c.u, false)
}

// cellTangent is a cell's.
type cellTangent struct {
	images int
	convs  []convTangent  // of each convolution
	norms  []*normTangent // of each convolution; nil where the loss doesn't depend on it
	values [][]float32    // of each node
	grads  [][]float32    // of each node's gradient
	pooled [][]float32    // of each node: of the gradient of what is pooled on the way to it
}

func (b *Cell) prepareTangent(n int) {
	if b.tangent.images >= n {
		return
	}
	t := cellTangent{images: n, convs: make([]convTangent, b.convs), norms: make([]*normTangent, b.convs), values: make([][]float32, b.nodes), grads: make([][]float32, b.nodes), pooled: make([][]float32, b.nodes)}
	reaches := b.reaching()
	for node := range b.nodes {
		if !reaches[node] && node > 0 {
			continue
		}
		if node > 0 {
			t.values[node] = b.work.floats(n * b.size(node))
		}
		if node < b.nodes-1 {
			t.grads[node] = b.work.floats(n * b.size(node))
		}
	}
	for _, e := range b.edges {
		if e.conv >= 0 && reaches[e.to] {
			t.convs[e.conv] = newConvTangent(b.side, b.of(e.from), b.Out, e.taps)
			t.norms[e.conv] = newNormTangent(b.work, b.norms[e.conv], n, true)
			if e.pooled && t.pooled[e.to] == nil {
				t.pooled[e.to] = b.work.floats(n * b.size(e.to))
			}
		}
	}
	b.tangent = t
}

// Tangent computes that of the output of the last Forward from that of its input
// and a direction of the weights of each convolution.
func (b *Cell) Tangent(rx []float32, direction [][]float32, n int) []float32 {
	b.prepareTangent(n)
	t, k := &b.tangent, b.work.Kernels
	t.values[0] = rx
	for _, e := range b.edges {
		if e.conv >= 0 && t.norms[e.conv] != nil {
			t.convs[e.conv].pack(b.work, b.Params[e.conv].Conv, direction[e.conv])
		}
	}
	for node := range b.nodes {
		if t.values[node] == nil {
			continue
		}
		b.work.images(n, func(s *scratch, i int) {
			if node > 0 {
				b.valueTangent(s, node, i)
			}
			size := b.size(node)
			rvalue, value := t.values[node][i*size:][:size], b.image(node, i)
			masked, positive := s.densely(useGrad, size), s.densely(useInput, size)
			k.MaskedSum(masked, rvalue, value, nil, size)
			k.ReLUCopy(kernel.Dense(positive, b.side, b.padded(node)), value, b.side, b.side, b.padded(node))
			for _, e := range b.outOf(node) {
				if e.conv < 0 || t.norms[e.conv] == nil {
					continue
				}
				in, x := masked, positive
				if e.linear {
					in, x = rvalue, value
				}
				norm := t.norms[e.conv]
				t.convs[e.conv].run(k, s, norm.of(norm.q, i), norm.of(norm.rz, i), in, x)
			}
		})
		for _, e := range b.outOf(node) {
			if e.conv >= 0 && t.norms[e.conv] != nil {
				t.norms[e.conv].settle(k, b.Params[e.conv].Norm, n)
			}
		}
	}
	return t.values[b.nodes-1]
}

// valueTangent computes that of image i of a node.
func (b *Cell) valueTangent(s *scratch, node, i int) {
	t, k, padded, size := &b.tangent, b.work.Kernels, b.padded(node), b.size(node)
	shift := s.densely(useShift, padded)
	clear(shift)
	s.terms = s.terms[:0]
	for _, e := range b.into(node) {
		switch {
		case e.conv >= 0 && !e.pooled:
			s.terms = t.norms[e.conv].terms(s.terms, shift, i)
		case e.kind == cell.Identity:
			s.terms = append(s.terms, kernel.Term{X: t.values[e.from][i*size:][:size]})
		}
	}
	dst := t.values[node][i*size:][:size]
	if len(s.terms) == 0 {
		clear(dst)
	} else {
		k.AffineSum(dst, shift, s.terms, kernel.Plane{}, b.side, b.side, padded)
	}
	work := s.densely(usePool, b.side*padded)
	for _, e := range b.into(node) {
		switch {
		case e.pooled:
			clear(shift)
			s.terms = t.norms[e.conv].terms(s.terms[:0], shift, i)
			sum := s.densely(useSum, size)
			k.AffineSum(sum, shift, s.terms, kernel.Plane{}, b.side, b.side, padded)
			k.AvgPool(dst, sum, work, b.side, b.side, padded, true)
		case e.kind == cell.AveragePool:
			k.AvgPool(dst, t.values[e.from][i*size:][:size], work, b.side, b.side, padded, true)
		}
	}
}

// TangentGrad computes the tangent of the gradient of the input from the gradient
// of the output, by which [Cell.Backward] ran last, and its tangent; and the
// curvature of each convolution.
func (b *Cell) TangentGrad(rdy []float32, n int) (rdx []float32, curvature []float64) {
	t, k := &b.tangent, b.work.Kernels
	t.grads[b.nodes-1] = rdy
	for node := b.nodes - 1; node >= 0; node-- {
		if t.grads[node] == nil {
			continue
		}
		if node < b.nodes-1 {
			b.work.images(n, func(s *scratch, i int) { b.gradTangent(s, node, i) })
		}
		for _, e := range b.into(node) {
			if e.conv < 0 {
				continue
			}
			dy, rgrad := b.gradOfNorm(e, b.grad.nodes[node]), t.grads[node]
			if e.pooled {
				size, padded := b.size(node), b.padded(node)
				b.work.images(n, func(s *scratch, i int) {
					k.AvgPoolGrad(t.pooled[node][i*size:][:size], rgrad[i*size:][:size], s.densely(usePool, b.side*padded), b.side, b.side, padded, false)
				})
				rgrad = t.pooled[node]
			}
			t.norms[e.conv].settleGrad(k, b.Params[e.conv].Norm, dy, rgrad, n)
		}
	}
	curvature = make([]float64, b.convs)
	for i, norm := range t.norms {
		if norm != nil {
			curvature[i] = norm.curvature(n)
		}
	}
	return t.grads[0], curvature
}

// gradTangent computes that of image i of a node's gradient.
func (b *Cell) gradTangent(s *scratch, node, i int) {
	t, k, padded, size := &b.tangent, b.work.Kernels, b.padded(node), b.size(node)
	outSize := b.size(b.nodes - 1)
	var positive, linear []float32
	s.sums = s.sums[:0]
	for _, e := range b.outOf(node) {
		if t.grads[e.to] == nil {
			continue
		}
		if e.kind == cell.Identity {
			s.sums = append(s.sums, t.grads[e.to][i*size:][:size])
		}
		if e.conv < 0 {
			continue
		}
		dy, rdy := b.gradOfNorm(e, b.grad.nodes[e.to]), t.grads[e.to]
		if e.pooled {
			rdy = t.pooled[e.to]
		}
		dz, rdz := s.densely(useNormGrad, outSize), s.densely(useValue, outSize)
		t.norms[e.conv].grads(k, s, dz, rdz, dy, rdy, i)
		into, use := &positive, useGrad
		if e.linear {
			into, use = &linear, useLinearGrad
		}
		add := *into != nil
		*into = s.densely(use, size)
		t.convs[e.conv].grad(k, s, *into, dz, rdz, add)
	}
	if linear != nil {
		s.sums = append(s.sums, linear)
	}
	dst := t.grads[node][i*size:][:size]
	k.MaskedSum(dst, positive, b.image(node, i), s.sums, size)
	for _, e := range b.outOf(node) {
		if e.kind == cell.AveragePool && t.grads[e.to] != nil {
			k.AvgPoolGrad(dst, t.grads[e.to][i*size:][:size], s.densely(usePool, b.side*padded), b.side, b.side, padded, true)
		}
	}
}
