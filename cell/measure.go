package cell

import (
	"iter"
	"slices"
	"strconv"
	"strings"
)

// WidthsOf reads the widths of a network off the names and shapes of its state
// dict, whatever its cell. It returns false if they are not those of a network of
// cells.
func WidthsOf(tensors iter.Seq2[string, []int]) (Widths, bool) {
	m := measured{out: map[int]int{}, in: map[int]int{}}
	for name, shape := range tensors {
		m.see(name, shape)
	}
	return m.widths()
}

// measured is what convolutions tell of the blocks "cells.K": their channels.
type measured struct {
	stem, last int
	out, in    map[int]int // by number; in for residual blocks only
	reductions []int
}

func (m *measured) see(name string, shape []int) {
	switch {
	case name == "stem.0.weight" && len(shape) == 4:
		m.stem = shape[0]
	case name == "classifier.weight" && len(shape) == 2:
		m.last = shape[1]
	}
	rest, isBlock := strings.CutPrefix(name, "cells.")
	number, rest, _ := strings.Cut(rest, ".")
	k, err := strconv.Atoi(number)
	if !isBlock || err != nil || k < 0 || k >= maxWidths || len(shape) != 4 {
		return
	}
	if _, known := m.out[k]; !known {
		m.out[k] = shape[0]
	}
	if strings.HasPrefix(rest, "conv_a.") {
		m.reductions = append(m.reductions, k)
		m.in[k] = shape[1]
	}
}

// widths fills in the blocks without a convolution: they have the width of the
// one before, unless the next or the classifier tells that they give out zeros of
// another.
func (m *measured) widths() (Widths, bool) {
	slices.Sort(m.reductions)
	if len(m.reductions) != reductions || m.reductions[1] != 2*m.reductions[0]+1 || m.stem == 0 || m.last == 0 {
		return nil, false
	}
	w := make(Widths, stages*m.reductions[0]+reductions)
	before := m.stem
	m.in[len(w)] = m.last
	for k := range w {
		w[k] = before
		if out, ok := m.out[k]; ok {
			w[k] = out
		} else if next, ok := m.in[k+1]; ok {
			w[k] = next
		}
		before = w[k]
	}
	return w, w.Validate() == nil
}
