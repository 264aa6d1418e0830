package search

import (
	"math"
	"sync"

	"cellnet/cell"
)

// covariances says how alike the architectures of a space are, 1 for equal ones.
type covariances interface {
	// of fills dst, one number an architecture, with the covariances with one.
	of(arch int, dst []float64)
}

// Covariance is the prior covariance of two architectures' accuracies in
// [Bayesian], 1 for equal ones.
func (s *Space) Covariance(a, b int) float64 {
	row := make([]float64, s.Len())
	s.covariances().of(a, row)
	return row[b]
}

func (s *Space) covariances() covariances {
	if s.of == cell.Size {
		return widthCovariances{s}
	}
	return cellCovariances()
}

// widthCovariances falls with each step between widths.
type widthCovariances struct{ space *Space }

func (w widthCovariances) of(arch int, dst []float64) {
	const factor = 0.85
	var power [5*7 + 1]float64
	for k := range power {
		power[k] = math.Pow(factor, float64(k))
	}
	own := w.space.Choices(arch)
	for i := range dst {
		steps := 0
		for p, c := range w.space.Choices(i) {
			steps += max(int(c)-int(own[p]), int(own[p])-int(c))
		}
		dst[i] = power[steps]
	}
}

// opCode is a sequence of operations along a path, without skip_connect: digits
// of base 4, from the last operation on, that are 1 for nor_conv_1x1, 2 for
// nor_conv_3x3, 3 for avg_pool_3x3.
type opCode uint8

const (
	opCodes  = 4 * 4 * 4
	deadPath = opCode(opCodes) // of a path with none
)

func pathCode(ops []uint8, edges []int) opCode {
	var code opCode
	for _, e := range edges {
		switch op := cell.Op(ops[e]); op {
		case cell.None:
			return deadPath
		case cell.SkipConnect:
		default:
			code = 4*code + opCode(op-cell.SkipConnect)
		}
	}
	return code
}

// ops gives the operations of a live path.
func (c opCode) ops() LivePath {
	ops := LivePath{}
	for ; c > 0; c /= 4 {
		ops = append(LivePath{uint8(c%4) + uint8(cell.SkipConnect)}, ops...)
	}
	return ops
}

// pathCovariances compares cells by their edges and by the operations along their
// paths from input to output.
//
// Two of the paths lead over the edges 1<-0, 3<-0, 3<-1, two over the others and
// 1<-0. So what two cells have in common is found in two steps, from small tables
// of these halves of cells.
type pathCovariances struct {
	space *Space
	cells []halves
	alike []float64 // see alikeStep
}

// halves is a cell as two halves.
type halves struct {
	direct uint8  // number of the operations on 1<-0, 3<-0, 3<-1
	over2  uint16 // and of those on 1<-0, 2<-0, 2<-1, 3<-2
	norm   uint8  // how often each sequence of operations occurs, squared and added up
}

const (
	directHalves = 5 * 5 * 5
	over2Halves  = 5 * 5 * 5 * 5
)

func directEdges() []int { return []int{edge10, edge30, edge31} }
func over2Edges() []int  { return []int{edge10, edge20, edge21, edge32} }

var cellCovariances = sync.OnceValue(func() *pathCovariances {
	p := &pathCovariances{space: Topology(), cells: make([]halves, Topology().Len()), alike: alikeness()}
	for i := range p.cells {
		ops := p.space.Choices(i)
		counts := pathCounts(ops)
		norm := 0
		for _, n := range counts {
			norm += n * n
		}
		p.cells[i] = halves{
			direct: uint8(digits(ops, directEdges())), over2: uint16(digits(ops, over2Edges())), norm: uint8(norm),
		}
	}
	return p
})

// digits reads the operations on edges as a number.
func digits(ops []uint8, edges []int) int {
	number := 0
	for _, e := range edges {
		number = 5*number + int(ops[e])
	}
	return number
}

// pathCounts says how often each sequence of operations occurs in a cell.
func pathCounts(ops []uint8) [opCodes]int {
	var counts [opCodes]int
	for _, edges := range cellPaths() {
		if code := pathCode(ops, edges); code != deadPath {
			counts[code]++
		}
	}
	return counts
}

func (p *pathCovariances) of(arch int, dst []float64) {
	direct, over2 := p.compare(arch)
	own := int(p.cells[arch].norm) * alikeStep
	for i, c := range p.cells[:len(dst)] {
		dst[i] = p.alike[own+int(c.norm)*alikeStep+direct[c.direct]+over2[c.over2]]
	}
}

// alikeStep is how numbers of covariances are made: edges that differ, fewer than
// alikeStep, plus alikeStep times the squared distance of the counts of paths.
const alikeStep = 8

// alikeness lists the covariances by their numbers.
func alikeness() []float64 {
	const factor = 0.75
	values := make([]float64, alikeStep*(2*paths*paths+1))
	for i := range values {
		edges, distance := i%alikeStep, i/alikeStep
		values[i] = 0.5*math.Pow(factor, float64(edges)) + 0.5*math.Pow(factor, float64(distance))
	}
	return values
}

// compare compares all halves with a cell: edges that differ (1<-0 counts in the
// first half), less what paths have in common, twice, times alikeStep.
func (p *pathCovariances) compare(arch int) (direct [directHalves]int, over2 [over2Halves]int) {
	own := p.space.Choices(arch)
	counts, all := pathCounts(own), cellPaths()
	half := func(number int, edges, counted []int, over ...[]int) int {
		var ops [maxPositions]uint8
		for i := len(edges) - 1; i >= 0; i-- {
			ops[edges[i]] = uint8(number % 5)
			number /= 5
		}
		alike := 0
		for _, e := range counted {
			if ops[e] != own[e] {
				alike++
			}
		}
		for _, path := range over {
			if code := pathCode(ops[:], path); code != deadPath {
				alike -= 2 * counts[code] * alikeStep
			}
		}
		return alike
	}
	edges := directEdges()
	for i := range direct {
		direct[i] = half(i, edges, edges, all[0], all[1])
	}
	edges = over2Edges()
	for i := range over2 {
		over2[i] = half(i, edges, edges[1:], all[2], all[3])
	}
	return direct, over2
}
