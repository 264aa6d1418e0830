package weightsharing

import (
	"math"

	"cellnet/cell"
	"cellnet/internal/mt19937"
)

// draws are where the algorithms take random numbers from.
type draws interface {
	// gumbels are -log of exponential numbers.
	gumbels(rows, columns int) table
	// exponentials have a mean of 1.
	exponentials(n int) []float64
	// uniform is in [0, 1).
	uniform() float64
	// uniformCell draws every edge's operation by itself.
	uniformCell(edges []cell.Link) []cell.Op
	// connectedCell does so until no node has zeros only.
	connectedCell(edges []cell.Link) []cell.Op
	// warmUp gives the last of n choices with a probability, else any.
	warmUp(probability float64, n int) int
	// kept tells which images drop path keeps, each with a probability.
	kept(images int, probability float64) []bool
	// cells draws distinct cells.
	cells(edges []cell.Link, n int) [][]cell.Op
}

// generators are the draws of a run: as PyTorch's CPU generator and Python's random
// module make them.
type generators struct {
	torch, python *mt19937.Source
}

// newGenerators takes PyTorch's generator from where it stands.
func newGenerators(torch *mt19937.Source, seed uint32) *generators {
	return &generators{torch, mt19937.NewPython(uint64(seed))}
}

func (g *generators) exponentials(n int) []float64 {
	numbers := make([]float32, n)
	g.torch.Exponentials(numbers)
	out := make([]float64, n)
	for i, v := range numbers {
		out[i] = float64(v)
	}
	return out
}

func (g *generators) gumbels(rows, columns int) table {
	t := newTable(rows, columns)
	for i, v := range g.exponentials(rows * columns) {
		t[i/columns][i%columns] = float64(float32(-math.Log(v)))
	}
	return t
}

func (g *generators) uniform() float64 { return g.torch.Float53() }

func (g *generators) uniformCell(edges []cell.Link) []cell.Op {
	ops := make([]cell.Op, len(edges))
	for i := range ops {
		ops[i] = cell.Op(g.python.Intn(len(cell.Ops())))
	}
	return ops
}

func (g *generators) connectedCell(edges []cell.Link) []cell.Op {
	ops := make([]cell.Op, len(edges))
	for at := 0; at < len(edges); {
		incoming := ops[at : at+edges[at].To]
		for zeros := true; zeros; {
			for i := range incoming {
				incoming[i] = cell.Op(g.python.Intn(len(cell.Ops())))
				zeros = zeros && incoming[i] == cell.None
			}
		}
		at += len(incoming)
	}
	return ops
}

func (g *generators) warmUp(probability float64, n int) int {
	if g.python.Float64() < probability {
		return n - 1
	}
	return g.python.Intn(n)
}

func (g *generators) kept(images int, probability float64) []bool {
	kept := make([]bool, images)
	for i := range kept {
		kept[i] = float64(g.torch.Float24()) < probability
	}
	return kept
}

// enumerable is up to how many edges all cells have a number.
const enumerable = 26

func (g *generators) cells(edges []cell.Link, n int) [][]cell.Op {
	var drawn [][]cell.Op
	if len(edges) <= enumerable {
		for _, number := range g.python.Sample(cellCount(len(edges), math.MaxInt), n) {
			drawn = append(drawn, numberedCell(number, len(edges)))
		}
		return drawn
	}
	seen := map[string]bool{}
	for len(drawn) < n {
		ops := g.uniformCell(edges)
		if key := opsKey(ops); !seen[key] {
			seen[key], drawn = true, append(drawn, ops)
		}
	}
	return drawn
}

func opsKey(ops []cell.Op) string {
	key := make([]byte, len(ops))
	for i, op := range ops {
		key[i] = byte(op)
	}
	return string(key)
}

// cellCount is the number of cells, or most if there are more.
func cellCount(edges, most int) int {
	n := 1
	for range edges {
		if n > most/len(cell.Ops()) {
			return most
		}
		n *= len(cell.Ops())
	}
	return min(n, most)
}

// numberedCell is the cell of a number: all are counted with the last edge fastest.
func numberedCell(number, edges int) []cell.Op {
	ops := make([]cell.Op, edges)
	for e := edges - 1; e >= 0; e-- {
		ops[e] = cell.Op(number % len(cell.Ops()))
		number /= len(cell.Ops())
	}
	return ops
}

// pick is a draw by probabilities as PyTorch's Categorical makes it: the first
// choice whose sum of probabilities reaches u, or the last.
func pick(p []float64, u float64) int {
	var sum float64
	for k, v := range p {
		if sum += v; sum >= u {
			return k
		}
	}
	return len(p) - 1
}

// pickTwo draws two different choices, by exponential numbers: those of the highest
// p / exponential, the highest first.
func pickTwo(p, exponentials []float64) (first, second int) {
	first, second = -1, -1
	score := func(k int) float64 { return p[k] / exponentials[k] }
	for k := range p {
		switch {
		case first < 0 || score(k) > score(first):
			first, second = k, first
		case second < 0 || score(k) > score(second):
			second = k
		}
	}
	return first, second
}
