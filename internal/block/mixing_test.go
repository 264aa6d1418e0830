package block

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"cellnet/cell"
	"cellnet/internal/kernel"
)

// mixedTwin is a cell of all operations in float64, with a constant for each edge
// that is added to what the edge gives.
type mixedTwin struct {
	nodes     int
	links     []cell.Link
	params    []refConvNorm // of the convolutions among links
	numbers   []float64     // those of factors, then of constants
	factors   []float64     // by link
	constants []float64     // by edge
	x         volume
}

func (m *mixedTwin) forward(run []int) volume {
	values := []volume{m.x}
	for to := 1; to < m.nodes; to++ {
		sum := newVolume(m.x.n, m.x.channels, m.x.side)
		for from := range to {
			for i := range sum.v {
				sum.v[i] += m.constants[to*(to-1)/2+from]
			}
		}
		conv := 0
		for i, l := range m.links {
			if l.To == to && slices.Contains(run, i) && l.Op != cell.None {
				y := m.apply(l, conv, values[l.From])
				for k, v := range y.v {
					sum.v[k] += m.factors[i] * v
				}
			}
			if l.Op.Learnable() {
				conv++
			}
		}
		values = append(values, sum)
	}
	return values[m.nodes-1]
}

func (m *mixedTwin) apply(l cell.Link, conv int, x volume) volume {
	switch l.Op {
	case cell.SkipConnect:
		return x
	case cell.AvgPool3x3:
		return x.avgPool()
	}
	return x.relu().convNorm(m.params[conv], l.Op.Window(), 1)
}

// newMixed makes both twins, with norms that have weights unless they are plain.
func newMixed(k *kernel.Kernels, nodes, channels, side, n int, plain bool) (*mixedTwin, *Mixed) {
	r := rand.New(rand.NewPCG(20, 21))
	twin := &mixedTwin{nodes: nodes, x: newVolume(n, channels, side)}
	copy(twin.x.v, random(r, len(twin.x.v), 0, 1))
	var params []ConvNorm
	for to := 1; to < nodes; to++ {
		for from := range to {
			for _, op := range cell.Ops() {
				twin.links = append(twin.links, cell.Link{From: from, To: to, Op: op})
				if !op.Learnable() {
					continue
				}
				ref, p := newConvNorm(r, channels, channels, op.Taps())
				if plain {
					for c := range ref.weight {
						ref.weight[c], ref.bias[c] = 1, 0
					}
					p.Norm = Norm{Weight: narrow(ref.weight), Bias: narrow(ref.bias)}
				}
				twin.params, params = append(twin.params, ref), append(params, p)
			}
		}
	}
	links := len(twin.links)
	twin.numbers = append(random(r, links, 0.5, 0.3), make([]float64, nodes*(nodes-1)/2)...)
	twin.factors, twin.constants = twin.numbers[:links], twin.numbers[links:]
	m := NewMixed(NewWorkspace(k, OfBatch), OfBatch, nodes, side, channels, n, params, NewArena(), 0)
	m.Plain = plain
	return twin, m
}

// linksOf are the numbers of the links of a cell's operations.
func linksOf(c cell.Cell) (run []int) {
	for e, l := range c.Edges() {
		run = append(run, e*len(cell.Ops())+slices.Index(cell.Ops(), l.Op))
	}
	return run
}

// All gradients of mixtures, those of the factors and the sums of the nodes' among
// them, are what differences in double precision give.
func TestMixedGradientsAreThoseOfDifferences(t *testing.T) {
	const nodes, n = 4, 2
	var all []int
	for i := range 6 * len(cell.Ops()) {
		all = append(all, i)
	}
	cases := map[string][]int{"joint": all}
	for _, arch := range []string{
		"|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
		"|none~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|none~0|skip_connect~1|nor_conv_3x3~2|",
		"|nor_conv_3x3~0|+|none~0|none~1|+|avg_pool_3x3~0|none~1|skip_connect~2|",
		"|skip_connect~0|+|skip_connect~0|skip_connect~1|+|avg_pool_3x3~0|avg_pool_3x3~1|avg_pool_3x3~2|",
	} {
		cases[arch] = linksOf(parse(t, arch))
	}
	eachISA(t, func(t *testing.T, k *kernel.Kernels) {
		for name, run := range cases {
			for _, factors := range []bool{true, false} {
				for _, shape := range []struct {
					channels, side int
					plain          bool
				}{{5, 4, true}, {17, 3, false}} {
					t.Run(fmt.Sprintf("%s/factors %v/plain %v", name, factors, shape.plain), func(t *testing.T) {
						twin, m := newMixed(k, nodes, shape.channels, shape.side, n, shape.plain)
						var weighed []float32
						if factors {
							weighed = narrow(twin.factors)
						} else {
							copy(twin.factors, slices.Repeat([]float64{1}, len(twin.factors)))
						}
						if err := m.Run(run, weighed, true); err != nil {
							t.Fatal(err)
						}
						mixedProblem(twin, m, run).check(t)
					})
				}
			}
		}
	})
}

func mixedProblem(twin *mixedTwin, m *Mixed, run []int) problem {
	n, channels, side := twin.x.n, twin.x.channels, twin.x.side
	p := problem{
		inputs:  [][]float64{twin.x.v, twin.numbers},
		forward: func() volume { return twin.forward(run) },
		output:  func() volume { return fromDense(m.Forward(twin.x.toDense(), n), n, channels, side) },
	}
	for _, conv := range twin.params {
		p.inputs = append(p.inputs, conv.conv)
	}
	p.gradient = func(dy volume) [][]float32 {
		dx, grads := m.Backward(dy.toDense(), n)
		out := [][]float32{narrow(fromDense(dx, n, channels, side).v), narrow(m.OfFactors())}
		for _, l := range twin.links {
			if l.Op == cell.None {
				out[1] = append(out[1], float32(m.OfNodes()[l.To]))
			}
		}
		for i, g := range grads {
			if i%4 != 1 { // a few will do
				g.Conv = nil
			}
			out = append(out, g.Conv)
		}
		return out
	}
	return p
}

// What is without effect may be left out, and makes no difference.
func TestMixedLeavesOutWhatIsWithoutEffect(t *testing.T) {
	const nodes, channels, side, n = 4, 5, 6, 2
	k := must(kernel.Best())
	_, full := newMixed(k, nodes, channels, side, n, true)
	twin, plain := newMixed(k, nodes, channels, side, n, true)
	full.Plain = false
	r := rand.New(rand.NewPCG(30, 31))
	x, dy := twin.x.toDense(), newVolume(n, channels, side)
	copy(dy.v, random(r, len(dy.v), 0, 1))
	left := 0
	for index := range 400 {
		c, err := cell.Topology.Arch(r.IntN(cell.SpaceSize))
		if err != nil {
			t.Fatal(err)
		}
		run := linksOf(c.Cell())
		for _, wanted := range []bool{true, false} {
			var got [2][][]float64
			for i, m := range []*Mixed{full, plain} {
				if err := m.Run(run, nil, wanted); err != nil {
					t.Fatal(err)
				}
				y := fromDense(m.Forward(x, n), n, channels, side)
				dx, grads := m.Backward(dy.toDense(), n)
				got[i] = [][]float64{y.v, fromDense(dx, n, channels, side).v}
				if wanted {
					got[i] = append(got[i], slices.Clone(m.OfFactors()), slices.Clone(m.OfNodes()))
				}
				for _, g := range grads {
					got[i] = append(got[i], doubles(g.Conv))
				}
			}
			left += len(full.run.links) - len(plain.run.links)
			for i, want := range got[0] {
				if e := distance(got[1][i], want); e > 1e-5 {
					t.Fatalf("cell %d, %v, factors %v: result %d: relative error %.2g", index, c, wanted, i, e)
				}
			}
		}
	}
	if left == 0 {
		t.Error("nothing was left out")
	}
}

func doubles(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}
