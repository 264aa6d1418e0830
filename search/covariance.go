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

const (
	cellPaths = 4 // from input to output
	deadPath  = 0 // number of a path with none
)

// pathCovariances compares cells by their edges and by the operations along their
// paths from input to output.
type pathCovariances struct {
	space *Space
	paths [][cellPaths]uint8 // numbers of each cell's sequences of operations
	norm  []int32            // squares of how often each occurs, added up
	count int                // of numbers
}

var cellCovariances = sync.OnceValue(func() *pathCovariances {
	p := &pathCovariances{space: Topology(), paths: make([][cellPaths]uint8, Topology().Len())}
	p.norm = make([]int32, len(p.paths))
	numbers := map[[3]uint8]uint8{}
	for i := range p.paths {
		for j, ops := range livePaths(p.space.Choices(i)) {
			if ops == (path{}) {
				continue
			}
			number, ok := numbers[ops.ops]
			if !ok {
				number = uint8(1 + len(numbers))
				numbers[ops.ops] = number
			}
			p.paths[i][j] = number
		}
	}
	p.count = 1 + len(numbers)
	counts := make([]int32, p.count)
	for i := range p.paths {
		p.norm[i] = p.common(p.tally(i, counts), i)
	}
	return p
})

// path is a sequence of operations without skip_connect; the zero value is a
// path with none.
type path struct {
	live bool
	ops  [3]uint8
}

// livePaths gives the paths 3<-0; 1<-0, 3<-1; 2<-0, 3<-2; 1<-0, 2<-1, 3<-2.
func livePaths(ops []uint8) [cellPaths]path {
	var paths [cellPaths]path
	for i, edges := range [cellPaths][]int{{3}, {0, 4}, {1, 5}, {0, 2, 5}} {
		p, n := path{live: true}, 0
		for _, e := range edges {
			switch ops[e] {
			case 0:
				p.live = false
			case 1:
			default:
				p.ops[n] = ops[e]
				n++
			}
		}
		if p.live {
			paths[i] = p
		}
	}
	return paths
}

// tally counts the sequences of a cell.
func (p *pathCovariances) tally(arch int, counts []int32) []int32 {
	clear(counts)
	for _, number := range p.paths[arch] {
		counts[number]++
	}
	counts[deadPath] = 0
	return counts
}

// common is the inner product of counts and those of a cell.
func (p *pathCovariances) common(counts []int32, arch int) int32 {
	n := p.paths[arch]
	return counts[n[0]] + counts[n[1]] + counts[n[2]] + counts[n[3]]
}

func (p *pathCovariances) of(arch int, dst []float64) {
	const factor = 0.75
	var power [2*cellPaths*cellPaths + 1]float64
	for k := range power {
		power[k] = math.Pow(factor, float64(k))
	}
	counts := p.tally(arch, make([]int32, p.count))
	own := [6]uint8(p.space.Choices(arch))
	for i := range dst {
		other := [6]uint8(p.space.choices[6*i:])
		edges := 0
		for e := range own {
			if other[e] != own[e] {
				edges++
			}
		}
		distance := p.norm[arch] + p.norm[i] - 2*p.common(counts, i)
		dst[i] = 0.5*power[edges] + 0.5*power[distance]
	}
}
