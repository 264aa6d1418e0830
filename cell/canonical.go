package cell

import (
	"errors"
	"slices"
	"strings"
)

// Form is one of the published ways to merge cells that differ in their arch
// strings only. All three take a sum for the same in any order of its edges, and
// two edges for the same if they have the same operation and the same input,
// though in a network each has parameters of its own.
type Form uint8

const (
	// MergeSkips takes skip_connect for its input. It parts the benchmark into
	// 12,751 cells.
	MergeSkips Form = iota
	// MergeSkipsAndZeros also takes for zero every edge that is none or whose
	// input is zero; batch normalization may in fact shift the zeros that enter a
	// convolution. It parts the benchmark into 6,466 cells. Sums of several zeros
	// are told apart by their number, and from a single one.
	MergeSkipsAndZeros
	// MergeNothing takes every operation for something of its own.
	MergeNothing
)

// ErrTooLong is returned for a canonical form that would be unreasonably long: a
// node is written out wherever it is used, which doubles the form with every
// node that uses the one before it twice.
var ErrTooLong = errors.New("cell: canonical form is longer than a megabyte")

// maxCanonical bounds the bytes of the forms of all nodes together.
const maxCanonical = 1 << 20

// Canonical returns the published canonical form, which is equal for cells that
// form merges: "0" is the input, "#" a zero, "(x)@op" an operation on x, and the
// terms of a sum are sorted and joined by "+". With cells of many nodes, never
// with the benchmark's, it may fail with [ErrTooLong]. The form of the zero Cell
// is "".
func (c Cell) Canonical(form Form) (string, error) {
	if c.IsZero() {
		return "", nil
	}
	nodes := make([]string, c.NumNodes())
	nodes[0] = "0"
	total := 0
	for node := 1; node < len(nodes); node++ {
		incoming := c.incoming(node)
		terms := make([]string, 0, len(incoming))
		for _, e := range incoming {
			if total += len(nodes[e.From]) + len("()@nor_conv_3x3+"); total > maxCanonical {
				return "", ErrTooLong
			}
			terms = append(terms, form.term(e.Op, nodes[e.From]))
		}
		slices.Sort(terms)
		nodes[node] = strings.Join(terms, "+")
	}
	return nodes[len(nodes)-1], nil
}

// term is the form of one edge.
func (form Form) term(op Op, input string) string {
	const zero = "#"
	switch {
	case form == MergeSkipsAndZeros && (op.Kind() == Zeros || input == zero):
		return zero
	case form != MergeNothing && op.Kind() == Identity:
		return input
	}
	return "(" + input + ")@" + op.String()
}
