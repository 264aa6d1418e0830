package cell_test

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"
)

// Canonical forms and live edges are judged by evaluating cells on random
// numbers modulo a prime, where sums are exact in any order.

const prime = 1<<61 - 1

type residue uint64

func (a residue) add(b residue) residue { return (a + b) % prime }

func (a residue) mul(b residue) residue {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	_, rem := bits.Div64(hi, lo, prime)
	return residue(rem)
}

// cubic is a random function that no two edges share by accident.
type cubic [4]residue

func randomCubic(rng *rand.Rand) cubic {
	var f cubic
	for i := range f {
		f[i] = residue(rng.Uint64N(prime))
	}
	return f
}

func (f cubic) at(x residue) residue {
	y := f[3]
	for i := 2; i >= 0; i-- {
		y = y.mul(x).add(f[i])
	}
	return y
}

// evaluate returns the output of c for one input, with edge telling the result
// of each edge.
func evaluate(c cell.Cell, input residue, edge func(i int, op cell.Op, x residue) residue) residue {
	nodes := make([]residue, c.NumNodes())
	nodes[0] = input
	for i, e := range c.Edges() {
		nodes[e.To] = nodes[e.To].add(edge(i, e.Op, nodes[e.From]))
	}
	return nodes[len(nodes)-1]
}

// normalize rewrites a canonical form so that equal functions have equal forms:
// a skipped sum joins the sum around it, zeros are left out of sums.
func normalize(form string) string {
	var terms []string
	depth, start := 0, 0
	for i, r := range form + "+" {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == '+' && depth == 0:
			if term := normalizeTerm(form[start:i]); term != "#" {
				terms = append(terms, term)
			}
			start = i + 1
		}
	}
	if len(terms) == 0 {
		return "#"
	}
	slices.Sort(terms)
	return strings.Join(terms, "+")
}

func normalizeTerm(term string) string {
	end := strings.LastIndex(term, ")@")
	if end < 0 {
		return term
	}
	inside := normalize(term[1:end])
	if inside == "#" {
		return "#"
	}
	return "(" + inside + term[end:]
}

func TestCanonicalFormsAreFunctions(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	input := residue(rng.Uint64N(prime))
	functions := make([]cubic, len(cell.Ops()))
	for i := range functions {
		functions[i] = randomCubic(rng)
	}
	zeroAtZero := slices.Clone(functions)
	for i := range zeroAtZero {
		zeroAtZero[i][0] = 0
	}

	semantics := map[cell.Form]func(i int, op cell.Op, x residue) residue{
		cell.MergeNothing: func(_ int, op cell.Op, x residue) residue { return functions[op].at(x) },
		cell.MergeSkips: func(_ int, op cell.Op, x residue) residue {
			if op == cell.SkipConnect {
				return x
			}
			return functions[op].at(x)
		},
		cell.MergeSkipsAndZeros: func(_ int, op cell.Op, x residue) residue {
			switch op {
			case cell.None:
				return 0
			case cell.SkipConnect:
				return x
			}
			return zeroAtZero[op].at(x)
		},
	}
	cells := randomCells(rng, 3000)
	for _, c := range cell.All() {
		cells = append(cells, c)
	}
	for form, edge := range semantics {
		t.Run(fmt.Sprint(form), func(t *testing.T) {
			valueOf := make(map[string]residue) // by published form
			formOf := make(map[residue]string)  // normalized
			for _, c := range cells {
				s, err := c.Canonical(form)
				if err != nil {
					t.Fatalf("%v: %v", c, err)
				}
				value := evaluate(c, input, edge)
				if v, ok := valueOf[s]; ok && v != value {
					t.Fatalf("%v has the form %s of a cell with other values", c, s)
				}
				valueOf[s] = value
				if form != cell.MergeNothing {
					s = normalize(s)
				}
				if f, ok := formOf[value]; ok && f != s {
					t.Fatalf("%v has the form %s, a cell with the same values %s", c, s, f)
				}
				formOf[value] = s
			}
		})
	}
}

func TestLiveEdgesAreThoseThatMatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	cells := randomCells(rng, 2000)
	for i, c := range cell.All() {
		if i%5 == 0 {
			cells = append(cells, c)
		}
	}
	pool := residue(rng.Uint64N(prime))
	for _, c := range cells {
		convs := make([]cubic, c.NumEdges())
		for i := range convs {
			convs[i] = randomCubic(rng)
		}
		input := residue(rng.Uint64N(prime))
		without := func(dropped func(i int) bool) residue {
			return evaluate(c, input, func(i int, op cell.Op, x residue) residue {
				switch {
				case dropped(i) || op == cell.None:
					return 0
				case op == cell.SkipConnect:
					return x
				case op == cell.AvgPool3x3:
					return pool.mul(x)
				}
				return convs[i].at(x)
			})
		}
		live := c.Live()
		full := without(func(int) bool { return false })
		if without(func(i int) bool { return !live[i] }) != full {
			t.Fatalf("%v: an edge that isn't live matters: %v", c, live)
		}
		for e := range live {
			if live[e] && without(func(i int) bool { return i == e }) == full {
				t.Fatalf("%v: edge %d is live but doesn't matter", c, e)
			}
		}
	}
}

// randomCells returns cells of up to 6 nodes with up to 4 edges into each.
func randomCells(rng *rand.Rand, n int) []cell.Cell {
	cells := make([]cell.Cell, n)
	for i := range cells {
		nodes := make([][]cell.Edge, 1+rng.IntN(5))
		for j := range nodes {
			for range 1 + rng.IntN(4) {
				nodes[j] = append(nodes[j], cell.Edge{Op: cell.Op(rng.IntN(len(cell.Ops()))), From: rng.IntN(j + 1)})
			}
		}
		c, err := cell.New(nodes...)
		if err != nil {
			panic(err)
		}
		cells[i] = c
	}
	return cells
}
