package search

import (
	"fmt"
	"math"
	"slices"

	"cellnet/internal/hugepage"
	"cellnet/internal/parallel"
)

// Bayesian is Bayesian optimization by a Gaussian process over the whole space:
// the next architecture is the one that nothing is known of with the greatest
// upper bound.
type Bayesian struct {
	Start int     // random architectures first; 1 or more
	Noise float64 // variance of a result's error beside that of accuracies, above 0
	Beta  float64 // deviations that the bound lies above the mean, 0 or more
}

// DefaultBayesian starts from 10 architectures.
func DefaultBayesian() Bayesian { return Bayesian{Start: 10, Noise: 0.1, Beta: 2} }

// Name is "bayesian".
func (Bayesian) Name() string { return "bayesian" }

// Validate checks all settings.
func (b Bayesian) Validate() error {
	switch {
	case !(b.Noise > 0) || math.IsInf(b.Noise, 0):
		return settingError("noise", b.Noise, "a number above 0")
	case !(b.Beta >= 0) || math.IsInf(b.Beta, 0):
		return settingError("beta", b.Beta, "a number of 0 or more")
	}
	return checkStart(b.Start)
}

// mostModelled bounds the memory of a run: that many rows of numbers, one for
// each architecture of the space, 500 MB for cells.
const mostModelled = 4000

func (b Bayesian) search(s *session) error {
	p := newProcess(s.Space, b.Noise)
	if s.Alone {
		p.team = new(parallel.Team)
	}
	for !s.over() && len(p.seen) < s.full() {
		if len(p.seen) == mostModelled {
			return fmt.Errorf("search: bayesian trains %d architectures at most, want a smaller budget", mostModelled)
		}
		var arch int
		if len(p.seen) < b.Start {
			if arch = s.draw(); p.isSeen[arch] {
				continue
			}
		} else {
			p.update()
			arch = s.greatestBound(p, b.Beta)
		}
		accuracy, err := s.evaluate(arch)
		if err != nil {
			return err
		}
		p.add(arch, accuracy)
	}
	return nil
}

// greatestBound chooses the architecture of the greatest bound, the lowest number
// on ties.
func (s *session) greatestBound(p *process, beta float64) int {
	best, top := -1, math.Inf(-1)
	for arch, mean := range p.mean {
		if p.isSeen[arch] || !s.allowed(arch) {
			continue
		}
		if bound := mean + beta*math.Sqrt(max(p.variance[arch], leastVariance)); bound > top {
			best, top = arch, bound
		}
	}
	return best
}

const leastVariance = 1e-12

// process is a Gaussian process over all architectures of a space, by a Cholesky
// factor that grows with each result. The same operations are done for every
// architecture, so that equal ones tie exactly.
type process struct {
	alike  covariances
	noise  float64
	seen   []int // architectures, in order
	isSeen []bool
	y      []float64 // accuracies of seen
	lower  [][]float64
	rows   [][]float64 // inverse factor times covariances; the last one is pending
	// pending is the row of the last result before those of the others are taken
	// off: update does that in one pass with the mean.
	pending        bool
	mean, variance []float64      // of standardized accuracies
	spare          []float64      // rows to come
	team           *parallel.Team // nil if other runs have the other processors
}

func newProcess(space *Space, noise float64) *process {
	n := space.Len()
	p := &process{alike: space.covariances(), noise: noise, isSeen: make([]bool, n), mean: make([]float64, n), variance: make([]float64, n)}
	for i := range p.variance {
		p.variance[i] = 1
	}
	return p
}

// add takes in a result. The rows before must be complete.
func (p *process) add(arch int, accuracy float64) {
	p.complete(nil)
	column := make([]float64, len(p.rows)+1)
	diagonal := 1 + p.noise
	for k, row := range p.rows {
		column[k] = row[arch]
		diagonal -= row[arch] * row[arch]
	}
	column[len(p.rows)] = math.Sqrt(max(diagonal, leastVariance))
	row := p.newRow()
	p.alike.of(arch, row)
	p.lower, p.rows = append(p.lower, column), append(p.rows, row)
	p.seen, p.y = append(p.seen, arch), append(p.y, accuracy)
	p.isSeen[arch] = true
	p.pending = true
}

// newRow gives a row. Rows are set aside many at a time, so that they lie in large
// pages of memory.
func (p *process) newRow() []float64 {
	const ahead = 32
	n := len(p.mean)
	if len(p.spare) == 0 {
		p.spare = hugepage.Doubles(ahead * n)
	}
	row := p.spare[:n:n]
	p.spare = p.spare[n:]
	return row
}

// update computes mean and variance of the latent function.
func (p *process) update() { p.complete(p.weights()) }

// standardized gives the accuracies, those below the median raised to it, less
// their mean, over their deviation.
func (p *process) standardized() []float64 {
	z := slices.Clone(p.y)
	slices.Sort(z)
	n := len(z)
	median := (z[(n-1)/2] + z[n/2]) / 2
	for i, y := range p.y {
		z[i] = max(y, median)
	}
	mean := pairwise(z) / float64(n)
	squares := make([]float64, n)
	for i := range z {
		z[i] -= mean
		squares[i] = z[i] * z[i]
	}
	if deviation := math.Sqrt(pairwise(squares) / float64(n)); deviation > 0 {
		for i := range z {
			z[i] /= deviation
		}
	}
	return z
}

// weights solves L w = z.
func (p *process) weights() []float64 {
	w := p.standardized()
	for k := range w {
		for j := range k {
			w[k] -= p.lower[k][j] * w[j]
		}
		w[k] /= p.lower[k][k]
	}
	return w
}

// block is how many architectures are worked on at a time: a pass over all rows
// then finds its sums in the cache.
const block = 512

// complete finishes the pending row and, if there are weights, the mean, reading
// each of the rows before once.
func (p *process) complete(weights []float64) {
	if !p.pending && weights == nil {
		return
	}
	last := len(p.rows) - 1
	column := p.lower[last][:last]
	if !p.pending {
		column = make([]float64, last) // the row is complete: nothing to take off
	}
	if weights == nil {
		weights = make([]float64, last+1)
	}
	p.eachBlock(func(at, end int) {
		row, mean := p.rows[last][at:end], p.mean[at:end]
		clear(mean)
		p.accumulate(row, mean, at, column, weights)
		if p.pending {
			variance := p.variance[at:end]
			for i := range row {
				row[i] /= p.lower[last][last]
				variance[i] -= row[i] * row[i]
			}
		}
		for i, v := range row {
			mean[i] += weights[last] * v
		}
	})
	p.pending = false
}

// eachBlock calls f for blocks of architectures, which do not depend on one
// another.
func (p *process) eachBlock(f func(at, end int)) {
	blocks := (len(p.mean) + block - 1) / block
	do := func(_, b int) { f(b*block, min((b+1)*block, len(p.mean))) }
	if p.team != nil {
		p.team.For(blocks, do)
		return
	}
	for b := range blocks {
		do(0, b)
	}
}

// accumulate takes the rows before the last, each times its number of column,
// off row, and adds them, times their weights, to mean: in the order of the
// rows, four at a time, so that sums stay in registers.
func (p *process) accumulate(row, mean []float64, at int, column, weights []float64) {
	k := 0
	for ; k+4 <= len(column); k += 4 {
		a, b := p.rows[k][at:][:len(row)], p.rows[k+1][at:][:len(row)]
		c, d := p.rows[k+2][at:][:len(row)], p.rows[k+3][at:][:len(row)]
		mean := mean[:len(row)]
		c0, c1, c2, c3 := column[k], column[k+1], column[k+2], column[k+3]
		w0, w1, w2, w3 := weights[k], weights[k+1], weights[k+2], weights[k+3]
		for i := range row {
			row[i] = row[i] - c0*a[i] - c1*b[i] - c2*c[i] - c3*d[i]
			mean[i] = mean[i] + w0*a[i] + w1*b[i] + w2*c[i] + w3*d[i]
		}
	}
	for ; k < len(column); k++ {
		a, c, w := p.rows[k][at:][:len(row)], column[k], weights[k]
		mean := mean[:len(row)]
		for i := range row {
			row[i] -= c * a[i]
			mean[i] += w * a[i]
		}
	}
}
