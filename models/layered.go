package models

import (
	"fmt"

	"cellnet/cell"
	"cellnet/internal/block"
	"cellnet/internal/kernel"
)

// Pool is the memory of layered networks that are built one after another. It is
// not safe for concurrent use; the zero value is ready for use.
type Pool struct {
	memory block.Memory
	work   *block.Workspace // of the last network
	isa    ISA              // that it was for
}

// Reset ends the use of the networks that were built in the pool, whose memory
// the next ones take.
func (p *Pool) Reset() { p.memory.Reset() }

// LayeredOptions say how a layered network is built.
type LayeredOptions struct {
	Side     int // of the images, a multiple of 4
	Capacity int // the largest number of images of a batch
	Norm     Norm
	// Trace, if it is not nil, is shown what each module computed, as that of
	// [Options] is.
	Trace func(Activation)
	// Simplify lets cells leave out nodes that only pass values on, which are as
	// those before them or behind; Trace isn't shown them then.
	Simplify bool
	Kernels  ISA // that compute the blocks
	// Pool is where activations are kept, and the network computes on one
	// thread: for many networks after one another, several side by side. Without
	// one, it has memory of its own and takes all processors.
	Pool *Pool
}

// Layered is a network of one cell that is run layer by layer, without a graph:
// forward on images, and backward from any gradient of its logits or of one of
// its blocks. It is for those who look at what lies between images and logits;
// trainings use [Network]. It is not safe for concurrent use.
type Layered struct {
	params     *Parameters
	network    cell.Network
	options    LayeredOptions
	work       *block.Workspace
	read       func(string, block.Traced)
	blocks     []*layeredBlock
	classifier *block.Linear
	images     int
	logits     []float32
	gradients  map[string][]float32
}

// layeredBlock is a block between images and features.
type layeredBlock struct {
	name     string
	out      BlockOutput
	forward  func(x []float32, n int) []float32
	backward func(dy []float32, n int) []float32
	// Of the pass of the last forward and backward, with a direction of the weights
	// and the curvature of each tensor of weights; see [Layered.Curvature].
	tangent     func(rx []float32, direction map[string][]float32, n int) []float32
	tangentGrad func(dy, rdy []float32, curvature map[string]float64, n int) []float32
}

// BlockOutput is what a block computed for the images of a run.
type BlockOutput struct {
	Name     string // stem, cells.0, ..., lastact
	Side     int
	Channels int
	Pitch    int       // numbers of a pixel in memory, the channels first, zeros after them
	Numbers  []float32 // [images][Side][Side][Pitch], good until the next run
}

// NewLayered builds a network on its parameters. Weights are not to be changed once
// it has run; by the statistics of the batch, a run moves the running ones. Networks
// of two cells are refused.
func NewLayered(params *Parameters, o LayeredOptions) (*Layered, error) {
	net, ok := params.network.(cell.Network)
	if !ok {
		return nil, fmt.Errorf("building a layered network: no way to compute a %T layer by layer", params.network)
	}
	like := Options{Side: o.Side, Capacity: o.Capacity, Norm: o.Norm, Gradients: true}
	err := like.validate()
	if err == nil {
		err = net.CheckSide(o.Side)
	}
	if err == nil {
		err = require(fmt.Sprintf("a network on batches of %d images", o.Capacity), floatSize*beside(net, like))
	}
	if err != nil {
		return nil, fmt.Errorf("building a layered network: %w", err)
	}
	l := &Layered{params: params, network: net, options: o, gradients: map[string][]float32{}}
	if l.work, err = o.Pool.workspace(o.Kernels); err != nil {
		return nil, fmt.Errorf("building a layered network: %w", err)
	}
	l.read = reader(l.work.Kernels, o.Trace)
	l.work.Statistics = o.Norm.statistics()
	l.work.Reader, l.work.Simplify, l.work.Frozen = l.read, o.Simplify, true
	for next := range net.Blocks() {
		if err := l.add(next); err != nil {
			return nil, fmt.Errorf("building a layered network: %s: %w", next.Name, err)
		}
	}
	return l, nil
}

// workspace returns the pool's; without a pool, a new one.
func (p *Pool) workspace(isa ISA) (*block.Workspace, error) {
	if p != nil && p.work != nil && p.isa == isa {
		return p.work, nil
	}
	kernels, err := isa.kernels()
	if err != nil {
		return nil, err
	}
	w := block.NewWorkspace(kernels, block.OfBatch)
	if p != nil {
		w.Memory, w.OneThread = &p.memory, true
		p.work, p.isa = w, isa
	}
	return w, nil
}

func (l *Layered) norm(name string) block.Norm {
	return block.Norm{
		Weight: l.params.floats(name + ".weight"), Bias: l.params.floats(name + ".bias"),
		RunningMean: l.params.floats(name + ".running_mean"), RunningVar: l.params.floats(name + ".running_var"),
		Batches: l.params.batches[name+".num_batches_tracked"],
	}
}

func (l *Layered) convNorm(names convNormNames) block.ConvNorm {
	return block.ConvNorm{Conv: l.params.floats(names.conv + ".weight"), Norm: l.norm(names.norm)}
}

func (l *Layered) keep(names convNormNames, g block.ConvNormGrad) {
	l.gradients[names.conv+".weight"] = g.Conv
	l.keepNorm(names.norm, g.NormGrad)
}

func (l *Layered) keepNorm(norm string, g block.NormGrad) {
	l.gradients[norm+".weight"], l.gradients[norm+".bias"] = g.Weight, g.Bias
}

// add appends a block.
func (l *Layered) add(next cell.Block) error {
	side := l.options.Side / next.Scale
	b := &layeredBlock{name: next.Name, out: BlockOutput{Name: next.Name, Side: side / next.Stride, Channels: next.Out, Pitch: kernel.Pad(next.Out)}}
	var err error
	switch next.Kind {
	case cell.Stem:
		l.addStem(b, side)
	case cell.CellBlock:
		err = l.addCell(b, next, side)
	case cell.Reduction:
		l.addReduction(b, next, side)
	case cell.LastNorm:
		l.addHead(b, side)
	case cell.Classifier:
		l.classifier = block.NewLinear(l.work, l.options.Capacity, next.In, next.Out)
		l.classifier.Name = next.Name
		l.classifier.Weight, l.classifier.Bias = l.params.floats(next.Name+".weight"), l.params.floats(next.Name+".bias")
		return nil
	default:
		err = fmt.Errorf("no way to compute a block of the kind %v", next.Kind)
	}
	l.blocks = append(l.blocks, b)
	return err
}

func (l *Layered) addStem(b *layeredBlock, side int) {
	names := convNormNames{b.name + ".0", b.name + ".1"}
	s := block.NewStem(l.work, side, b.out.Channels, l.options.Capacity, l.convNorm(names))
	s.Name = b.name
	b.forward = s.Forward
	b.backward = func(dy []float32, n int) []float32 {
		l.keep(names, s.Backward(dy, n))
		if !l.work.InputsOnly {
			return nil
		}
		return s.InputGrad(dy, n)
	}
	weight := names.conv + ".weight"
	b.tangent = func(_ []float32, direction map[string][]float32, n int) []float32 {
		return s.Tangent(direction[weight], n)
	}
	b.tangentGrad = func(dy, rdy []float32, curvature map[string]float64, n int) []float32 {
		curvature[weight] = s.TangentGrad(dy, rdy, n)
		return nil
	}
}

func (l *Layered) addCell(b *layeredBlock, next cell.Block, side int) error {
	names := convNorms(l.network, next)
	var states []block.ConvNorm
	for _, of := range names {
		states = append(states, l.convNorm(of))
	}
	c, err := block.NewCell(l.work, l.network.Cell, side, block.Widths{In: next.In, Out: next.Out}, l.options.Capacity, states)
	if err != nil {
		return err
	}
	c.Name = b.name
	b.forward = c.Forward
	b.backward = func(dy []float32, n int) []float32 {
		dx, grads := c.Backward(dy, n)
		for i, g := range grads {
			l.keep(names[i], g)
		}
		return dx
	}
	b.tangent = func(rx []float32, direction map[string][]float32, n int) []float32 {
		var list [][]float32
		for _, of := range names {
			list = append(list, direction[of.conv+".weight"])
		}
		return c.Tangent(rx, list, n)
	}
	b.tangentGrad = func(_, rdy []float32, curvature map[string]float64, n int) []float32 {
		rdx, list := c.TangentGrad(rdy, n)
		for i, v := range list {
			curvature[names[i].conv+".weight"] = v
		}
		return rdx
	}
	return nil
}

func (l *Layered) addReduction(b *layeredBlock, next cell.Block, side int) {
	first := convNormNames{b.name + ".conv_a.op.1", b.name + ".conv_a.op.2"}
	second := convNormNames{b.name + ".conv_b.op.1", b.name + ".conv_b.op.2"}
	down := b.name + ".downsample.1.weight"
	r := block.NewReduction(l.work, side, block.Widths{In: next.In, Out: next.Out}, l.options.Capacity,
		block.ReductionParams{A: l.convNorm(first), B: l.convNorm(second), Downsample: l.params.floats(down)})
	r.Name = b.name
	b.forward = r.Forward
	b.backward = func(dy []float32, n int) []float32 {
		dx, g := r.Backward(dy, n)
		l.keep(first, g.A)
		l.keep(second, g.B)
		l.gradients[down] = g.Downsample
		return dx
	}
	weightA, weightB := first.conv+".weight", second.conv+".weight"
	b.tangent = func(rx []float32, direction map[string][]float32, n int) []float32 {
		return r.Tangent(rx, direction[weightA], direction[weightB], direction[down], n)
	}
	b.tangentGrad = func(dy, rdy []float32, curvature map[string]float64, n int) []float32 {
		rdx, of := r.TangentGrad(dy, rdy, n)
		curvature[weightA], curvature[weightB], curvature[down] = of.A, of.B, of.Downsample
		return rdx
	}
}

func (l *Layered) addHead(b *layeredBlock, side int) {
	norm := b.name + ".0"
	h := block.NewHead(l.work, side, b.out.Channels, l.options.Capacity, l.norm(norm))
	h.Name = b.name
	b.out.Side, b.out.Pitch = 1, b.out.Channels
	b.forward = h.Forward
	b.backward = func(dy []float32, n int) []float32 {
		dx, g := h.Backward(dy, n)
		l.keepNorm(norm, g)
		return dx
	}
	b.tangent = func(rx []float32, _ map[string][]float32, n int) []float32 { return h.Tangent(rx, n) }
	b.tangentGrad = func(_, rdy []float32, _ map[string]float64, n int) []float32 { return h.TangentGrad(rdy, n) }
}

// Parameters returns the parameters the network was built on.
func (l *Layered) Parameters() *Parameters { return l.params }

// Forward runs images (NCHW, normalized), at most the capacity.
func (l *Layered) Forward(images []float32) error {
	size := 3 * l.options.Side * l.options.Side
	n := len(images) / size
	switch {
	case len(images)%size != 0:
		return fmt.Errorf("a batch of %d numbers: an image has 3x%dx%d", len(images), l.options.Side, l.options.Side)
	case n < 1 || n > l.options.Capacity:
		return fmt.Errorf("a batch of %d images: the network takes 1 to %d", n, l.options.Capacity)
	case l.options.Norm == NormByBatch && n*l.options.Side*l.options.Side/16 < 2:
		return fmt.Errorf("%d image of side %d: batch norm by the batch needs more than one value a channel", n, l.options.Side)
	}
	x := images
	for i := range l.blocks {
		x = l.ForwardBlock(i, x)
	}
	l.logits = l.classifier.Forward(x, n)[:n*l.network.Classes]
	return nil
}

// ForwardBlock runs one block on the output of the one before, laid out as
// [BlockOutput]'s numbers, or on other numbers in its place; block 0 takes images.
func (l *Layered) ForwardBlock(block int, x []float32) []float32 {
	if block == 0 {
		l.images = len(x) / (3 * l.options.Side * l.options.Side)
	}
	l.work.Reader = l.read
	b := l.blocks[block]
	b.out.Numbers = b.forward(x, l.images)
	return l.Output(block).Numbers
}

// Logits are those of the last Forward, [images][classes], good until the next.
func (l *Layered) Logits() []float32 { return l.logits }

// LossGradient is the gradient by the logits of the last Forward of the cross
// entropy, the mean over the images.
func (l *Layered) LossGradient(labels []int) ([]float32, error) {
	classes := l.network.Classes
	if len(labels) != l.images {
		return nil, fmt.Errorf("%d labels of %d images", len(labels), l.images)
	}
	g := make([]float32, len(l.logits))
	for i, label := range labels {
		if label < 0 || label >= classes {
			return nil, fmt.Errorf("label %d of image %d is outside 0..%d", label, i, classes-1)
		}
		for k, p := range softmax(l.logits[i*classes:][:classes]) {
			if k == label {
				p--
			}
			g[i*classes+k] = float32(p / float64(len(labels)))
		}
	}
	return g, nil
}

// Backward computes the gradients of the parameters from that of the logits of
// the last Forward, [images][classes].
func (l *Layered) Backward(dlogits []float32) error {
	_, err := l.backward(dlogits, false)
	return err
}

// ImageGradient computes the gradient of the images alone (NCHW, good until the
// next call) from that of the logits of the last Forward.
func (l *Layered) ImageGradient(dlogits []float32) ([]float32, error) {
	return l.backward(dlogits, true)
}

// prepareBackward sets how the blocks compute gradients. Of one image nothing may
// arrive at a weight: its gradient then is 0.
func (l *Layered) prepareBackward(inputsOnly bool) {
	l.work.InputsOnly, l.work.DirectSums, l.work.Reader = inputsOnly, l.images == 1, l.read
}

func (l *Layered) backward(dlogits []float32, inputsOnly bool) ([]float32, error) {
	if len(dlogits) != len(l.logits) || l.images == 0 {
		return nil, fmt.Errorf("a gradient of %d logits: the last run had %d", len(dlogits), len(l.logits))
	}
	l.prepareBackward(inputsOnly)
	g, of := l.classifier.Backward(dlogits, l.images)
	l.gradients["classifier.weight"], l.gradients["classifier.bias"] = of.Weight, of.Bias
	for i := len(l.blocks) - 1; i >= 0; i-- {
		g = l.blocks[i].backward(g, l.images)
	}
	if !inputsOnly {
		return nil, nil
	}
	return g[:l.images*3*l.options.Side*l.options.Side], nil
}

// Gradient is that of a learnable tensor by the last Backward, in PyTorch's
// layout; nil if there is none of that name.
func (l *Layered) Gradient(name string) []float32 { return l.gradients[name] }

// Blocks is the number of blocks: the stem, the cells and residual blocks, and
// the last norm with its average.
func (l *Layered) Blocks() int { return len(l.blocks) }

// Output is what a block computed in the last Forward.
func (l *Layered) Output(block int) BlockOutput {
	o := l.blocks[block].out
	o.Numbers = o.Numbers[:l.images*o.Side*o.Side*o.Pitch]
	return o
}

// Through computes the gradient of a block's input from one of its output of the
// last Forward, both laid out as [BlockOutput]'s numbers (NCHW for the images),
// good until the next call.
func (l *Layered) Through(block int, dy []float32) ([]float32, error) {
	return l.through(block, dy, true)
}

// BackwardBlock is [Layered.Through] with the gradients of the block's parameters,
// and without that of the images.
func (l *Layered) BackwardBlock(block int, dy []float32) ([]float32, error) {
	return l.through(block, dy, false)
}

func (l *Layered) through(block int, dy []float32, inputsOnly bool) ([]float32, error) {
	o := l.Output(block)
	if len(dy) != len(o.Numbers) {
		return nil, fmt.Errorf("a gradient of %d numbers of %s, which has %d", len(dy), o.Name, len(o.Numbers))
	}
	l.prepareBackward(inputsOnly)
	dx := l.blocks[block].backward(dy, l.images)
	if dx == nil {
		return nil, nil
	}
	size := 3 * l.options.Side * l.options.Side
	if block > 0 {
		from := l.Output(block - 1)
		size = from.Side * from.Side * from.Pitch
	}
	return dx[:l.images*size], nil
}
