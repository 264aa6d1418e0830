package cell

import (
	"fmt"
	"strconv"
	"strings"
)

// Names returns the names of the published cells that have one.
func Names() []string {
	return []string{"resnet", "all_c3x3", "all_c1x1", "all_idnt", "all_full"}
}

// Named returns a published cell by its name; false if no cell has it. all_full
// has one edge of each operation but none between any two nodes.
func Named(name string) (Cell, bool) {
	switch name {
	case "resnet":
		return Cell{
			edges: []Edge{{NorConv3x3, 0}, {NorConv3x3, 1}, {SkipConnect, 0}, {SkipConnect, 2}},
			ends:  []int{0, 1, 2, 4},
		}, true
	case "all_c3x3":
		return dense(NorConv3x3), true
	case "all_c1x1":
		return dense(NorConv1x1), true
	case "all_idnt":
		return dense(SkipConnect), true
	case "all_full":
		return dense(SkipConnect, NorConv1x1, NorConv3x3, AvgPool3x3), true
	}
	return Cell{}, false
}

// dense returns the cell of the benchmark's nodes with one edge of each of ops
// between any two of them.
func dense(ops ...Op) Cell {
	b := newBuilder()
	for b.node() < spaceNodes {
		for from := range b.node() {
			for _, op := range ops {
				b.add(Edge{op, from})
			}
		}
		b.endNode()
	}
	return b.cell
}

// Resolve returns the cell that a user means by a benchmark index, a name of
// [Names], or any of the [Spellings], perhaps after the spelling's name and a
// colon. It fails with an [AmbiguousError] for what spells several cells.
func Resolve(s string) (Cell, error) {
	text := trim(s)
	if c, ok := Named(text); ok {
		return c, nil
	}
	if isNumber(text) && !isSix(literal{word: text}) {
		index, err := parseIndex(text, SpaceSize)
		if err != nil {
			return Cell{}, err
		}
		return FromIndex(index)
	}
	if c, ok, err := readSpelling(text); ok {
		return c, err
	}
	if strings.ContainsAny(text, "|~+") {
		return Parse(text)
	}
	if near, ok := nearest(text, Names()); ok {
		return Cell{}, fmt.Errorf("cell: unknown cell %s, did you mean %s?", quote(s), near)
	}
	return Cell{}, fmt.Errorf("cell: unknown cell %s, want an arch string, an index from 0 to %d, or %s",
		quote(s), SpaceSize-1, strings.Join(Names(), ", "))
}

// parseIndex reads an index below count, of which the message for a number too
// large for an int speaks.
func parseIndex(s string, count int) (int, error) {
	index, err := strconv.Atoi(s)
	if err != nil {
		return 0, fmt.Errorf("cell: index %s is not in the benchmark, want 0 to %d", shorten(s), count-1)
	}
	return index, nil
}

// isNumber reports whether s is a decimal number, perhaps a negative one.
func isNumber(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}
