package block

import (
	"slices"

	"cellnet/cell"
	"cellnet/internal/hugepage"
	"cellnet/internal/kernel"
)

// mixing is what a cell has besides whose operations are multiplied by factors.
type mixing struct {
	factors factors
	// pooled are the average pools of the nodes' values that edges read, dense
	// batches; nil where they are not kept.
	pooled   [][]float32
	wanted   bool      // the factors' gradients
	products []*norm   // of each edge without convolution: of what it gives and of the gradient
	sums     []*norm   // of each node that nothing else adds up the gradient of
	ofFactor []float64 // gradient by layer
	ofNode   []float64 // the sum of each node's gradient
}

// scaleOf is what an edge's convolution is multiplied by, for each channel.
func (m *mixing) scaleOf(e edge, n *norm) []float32 {
	if m.factors == nil {
		return n.scale
	}
	scale, f := make([]float32, len(n.scale)), m.factors.of(e)
	for c, v := range n.scale {
		scale[c] = f * v
	}
	return scale
}

// pool stores the average pool of image i of a node, if edges with factors read it.
func (b *Cell) pool(s *scratch, node, i int) {
	if b.mixing.pooled == nil || b.mixing.pooled[node] == nil {
		return
	}
	size := b.size(node)
	b.work.Kernels.AvgPool(b.mixing.pooled[node][i*size:][:size], b.image(node, i), s.densely(usePool, b.side*b.padded(node)), b.side, b.side, b.padded(node), false)
}

// observe takes the sums of a node's gradient dy of count images from number from
// on.
func (m *mixing) observe(b *Cell, node int, dy []float32, from, count int) {
	if !m.wanted {
		return
	}
	k := b.work.Kernels
	for i, e := range b.edges {
		if e.to == node && e.conv < 0 {
			m.products[i].observeGrad(k, dy, from, count)
		}
	}
	if m.sums[node] != nil {
		m.sums[node].observeGrad(k, dy, from, count)
	}
}

// settle adds up what was observed of n images.
func (m *mixing) settle(b *Cell, node, n int) {
	if !m.wanted {
		return
	}
	sum := func(values []float64) (total float64) {
		for _, v := range values {
			total += v
		}
		return total
	}
	summed := m.sums[node]
	for i, e := range b.edges {
		if e.to != node {
			continue
		}
		if e.conv >= 0 {
			summed = b.norms[e.conv]
			continue
		}
		summed = m.products[i]
		_, dots := summed.gradTotals(n)
		m.share(e, sum(dots))
	}
	totals, _ := summed.gradTotals(n)
	m.ofNode[node] = sum(totals)
}

func (m *mixing) share(e edge, v float64) {
	if m.wanted {
		m.ofFactor[e.layer] += v
	}
}

// begin clears the sums of a pass.
func (m *mixing) begin(b *Cell, dy []float32) {
	clear(m.ofFactor)
	clear(m.ofNode)
	if !m.wanted {
		return
	}
	for i, e := range b.edges {
		switch {
		case e.kind == cell.Identity:
			m.products[i].z = b.values[e.from]
		case e.kind == cell.AveragePool:
			m.products[i].z = m.pooled[e.from]
		}
	}
	// The sums need no second factor: any batch does.
	for _, n := range m.sums {
		if n != nil {
			n.z = dy
		}
	}
}

// watch prepares the sums that the factors' gradients are made of.
func (m *mixing) watch(b *Cell) {
	m.products, m.sums = make([]*norm, len(b.edges)), make([]*norm, b.nodes)
	for node := range m.sums {
		if len(b.into(node)) == 0 {
			m.sums[node] = b.newProduct()
		}
	}
	for i, e := range b.edges {
		if e.conv < 0 {
			m.products[i] = b.newProduct()
		}
	}
}

// newProduct is a norm that only adds up gradients.
func (b *Cell) newProduct() *norm {
	return b.work.Memory.norm(None, b.Out, b.side*b.side, b.capacity, nil)
}

// Mixed is a cell in which every edge holds all operations: which of them run, and
// what each is multiplied by, is said anew for every pass. All that run on edges
// from one node share its positive part, its pool and one wide convolution.
type Mixed struct {
	work     *Workspace
	nodes    int
	side     int
	channels int
	capacity int
	edges    []cell.Link // without operations
	links    []cell.Link // edge by edge, all operations
	Params   []ConvNorm  // of the convolutions of links in order
	conv     []int       // of each link: number of its convolution, or -1
	grads    []ConvNormGrad
	norms    []*norm
	memory   *Arena
	number   int // of the block, for an arena that several share

	// Plain promises that the norms go by the batch, without weights and without
	// running statistics: they leave zeros as they are.
	Plain bool

	running *Cell
	run     mixedRun // that running was planned by
}

// Arena is the memory of the values of cells. Cells that share one overwrite each
// other's values: that will do where nothing is differentiated.
type Arena struct{ buffers map[arenaKey][]float32 }

type arenaKey struct {
	use    arenaUse
	number int
}

type arenaUse uint8

const (
	arenaConv arenaUse = iota
	arenaNode
	arenaPool
	arenaInput
	arenaOutput
)

// NewArena returns empty memory.
func NewArena() *Arena { return &Arena{map[arenaKey][]float32{}} }

func (a *Arena) floats(use arenaUse, number, size int) []float32 {
	key := arenaKey{use, number}
	if len(a.buffers[key]) < size {
		a.buffers[key] = hugepage.Floats(size)
	}
	return a.buffers[key][:size]
}

// NewMixed prepares a cell of side x side images with all operations on all edges
// between its nodes, whose batch norms go by s. params has the convolutions in the order of the edges, 1x1
// before 3x3. number tells the cells apart that share memory and follow one another.
func NewMixed(w *Workspace, s Statistics, nodes, side, channels, capacity int, params []ConvNorm, memory *Arena, number int) *Mixed {
	m := &Mixed{work: w, nodes: nodes, side: side, channels: channels, capacity: capacity, Params: params, memory: memory, number: number}
	for to := 1; to < nodes; to++ {
		for from := range to {
			m.edges = append(m.edges, cell.Link{From: from, To: to})
		}
	}
	for _, e := range m.edges {
		for _, op := range cell.Ops() {
			conv := -1
			if op.Learnable() {
				conv = len(m.norms)
				m.norms = append(m.norms, w.Memory.norm(s, channels, side*side, capacity, nil))
				m.grads = append(m.grads, w.Memory.convNormGrad(channels, channels, op.Taps()))
			}
			m.links = append(m.links, cell.Link{From: e.From, To: e.To, Op: op})
			m.conv = append(m.conv, conv)
		}
	}
	return m
}

// Links lists all operations of all edges, edge by edge.
func (m *Mixed) Links() []cell.Link { return m.links }

// Run says which links run in the passes to come (in their order) and what they are
// multiplied by, by the number of the link, nil for ones; wanted asks for the
// gradients of the factors.
func (m *Mixed) Run(links []int, factors []float32, wanted bool) error {
	next := mixedRun{links: m.live(links, wanted), weighed: factors != nil || wanted}
	if m.running == nil || !next.equal(m.run) {
		c, err := m.plan(next)
		if err != nil {
			return err
		}
		m.running, m.run = c, next
	}
	x := &m.running.mixing
	x.factors, x.wanted = factors, wanted
	if wanted && x.products == nil {
		x.watch(m.running)
	}
	return nil
}

// mixedRun is what a cell is planned by.
type mixedRun struct {
	links   []int
	weighed bool // the operations' results are told apart
}

func (r mixedRun) equal(o mixedRun) bool {
	return r.weighed == o.weighed && slices.Equal(r.links, o.links)
}

// live leaves out the links that are without effect: none, and, if norms are plain,
// what convolves zeros or ends nowhere. Where sums of gradients are wanted, those of
// nodes of zeros are.
func (m *Mixed) live(links []int, wanted bool) []int {
	kept := make([]int, 0, len(links))
	full := make([]bool, m.nodes) // nodes that are more than zeros
	full[0] = true
	for _, i := range links {
		l := m.links[i]
		if l.Op == cell.None || m.Plain && !full[l.From] && (m.conv[i] >= 0 || !wanted) {
			continue
		}
		full[l.To] = full[l.To] || full[l.From]
		kept = append(kept, i)
	}
	if !m.Plain {
		return kept
	}
	reaches := make([]bool, m.nodes)
	reaches[m.nodes-1] = true
	for _, i := range slices.Backward(kept) {
		if l := m.links[i]; reaches[l.To] {
			reaches[l.From] = true
		}
	}
	return slices.DeleteFunc(kept, func(i int) bool { return !reaches[m.links[i].To] })
}

// plan makes the cell of some links.
func (m *Mixed) plan(r mixedRun) (*Cell, error) {
	p := plan{Widths: Widths{In: m.channels, Out: m.channels}, nodes: m.nodes}
	var params []ConvNorm
	for _, i := range r.links {
		if err := p.add(i, m.links[i]); err != nil {
			return nil, err
		}
		if m.conv[i] >= 0 {
			params = append(params, m.Params[m.conv[i]])
		}
	}
	if !r.weighed {
		p.simplify()
	}
	c := &Cell{plan: p, work: m.work, side: m.side, capacity: m.capacity, Params: params, chunk: chunkOf(m.side)}
	c.memory = mixedMemory{m}
	c.mixing = mixing{ofFactor: make([]float64, len(m.links)), ofNode: make([]float64, m.nodes)}
	if r.weighed {
		c.mixing.pooled = make([][]float32, m.nodes)
		for _, e := range c.edges {
			if e.kind == cell.AveragePool && c.mixing.pooled[e.from] == nil {
				c.mixing.pooled[e.from] = m.floats(arenaPool, e.from)
			}
		}
	}
	c.allocate()
	return c, nil
}

func (m *Mixed) floats(use arenaUse, number int) []float32 {
	return m.memory.floats(use, number, m.capacity*m.side*m.side*kernel.Pad(m.channels))
}

// mixedMemory is the memory of a mixed cell, which the cells of all its choices use.
type mixedMemory struct{ *Mixed }

func (m mixedMemory) norm(e edge) *norm {
	n := m.norms[m.conv[e.layer]]
	n.z = m.floats(arenaConv, e.conv)
	return n
}

func (m mixedMemory) value(node int) []float32 {
	if node == m.nodes-1 {
		return m.floats(arenaOutput, m.number%2)
	}
	return m.floats(arenaNode, node)
}

func (m mixedMemory) dx() []float32            { return m.floats(arenaInput, m.number%2) }
func (m mixedMemory) grad(e edge) ConvNormGrad { return m.grads[m.conv[e.layer]] }

func (m mixedMemory) reserve(node int, g group) {
	c, use := g.convs, usePacked+4*node
	if c.taps == 9 {
		use += 2
		size := c.winograd(1, c.in, c.inPad, c.outPad, true).TransformedLen(c.wide())
		c.u = m.work.shared(use+1, size)
		c.uTransposed = m.work.shared(use+1, c.winograd(1, c.wide(), c.wide(), c.inPad, false).TransformedLen(c.inPad))
	}
	c.weights = m.work.shared(use, c.taps*c.in*c.wide())
	c.transposed = m.work.shared(use, c.taps*c.wide()*c.inPad)
}

// Forward computes the links that run of n images x and returns the last node,
// which is valid until the next call.
func (m *Mixed) Forward(x []float32, n int) []float32 {
	for i, link := range m.convsThatRan() {
		m.running.Params[i] = m.Params[link]
	}
	return m.running.Forward(x, n)
}

// convsThatRan lists the numbers of the convolutions of the running links.
func (m *Mixed) convsThatRan() []int {
	var list []int
	for _, i := range m.run.links {
		if m.conv[i] >= 0 {
			list = append(list, m.conv[i])
		}
	}
	return list
}

// Backward computes the gradients of the last Forward from that of its output: of
// the input, and of the parameters of all convolutions, those that did not run being
// zero. They are valid until the next call.
func (m *Mixed) Backward(dy []float32, n int) ([]float32, []ConvNormGrad) {
	for _, g := range m.grads {
		clear(g.Conv)
		clear(g.Weight)
		clear(g.Bias)
	}
	m.running.prepareGrad()
	m.running.mixing.begin(m.running, dy)
	dx, _ := m.running.Backward(dy, n)
	return dx, m.grads
}

// OfFactors are the gradients of the factors by the last Backward, by the number of
// the link; zero for links that did not run.
func (m *Mixed) OfFactors() []float64 { return m.running.mixing.ofFactor }

// OfNodes are the sums of the nodes' gradients over images, pixels and channels,
// if the gradients of the factors were asked for.
func (m *Mixed) OfNodes() []float64 { return m.running.mixing.ofNode }
