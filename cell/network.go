package cell

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Network describes a network of cells: a stem, three stages of cells with a
// residual block of stride 2 before the second and the third, and a classifier.
// Stages have N cells each; in the benchmark's NAS-Bench-201 part they have C,
// 2C and 4C channels ([NewNetwork]), in its size part each block has a width of
// its own.
type Network struct {
	Cell    Cell
	Widths  Widths // of the cells and residual blocks, in order
	Classes int    // 2 or more
}

// Widths are the channels that the 3N+2 cells and residual blocks of a network
// give out: N cells, a residual block, N cells, a residual block, N cells. The
// stem has as many as the first.
type Widths []int

// Larger networks are mistakes: their costs overflow, or their lists of blocks
// fill the memory.
const (
	maxChannels = 1 << 16
	maxWidth    = 4 * maxChannels
	maxCells    = 1000
	maxWidths   = stages*maxCells + reductions
)

const (
	stages     = 3
	reductions = stages - 1
)

// NewNetwork returns the network whose stages have the given number of cells,
// 1 to 1000, at channels (1 to 65536), 2*channels and 4*channels. It fails if a
// number is out of its range or the cell is zero.
func NewNetwork(c Cell, channels, cells, classes int) (Network, error) {
	switch {
	case channels < 1:
		return Network{}, configError(keyC, "%d channels, want 1 or more", channels)
	case channels > maxChannels:
		return Network{}, configError(keyC, "%d channels, want %d at most", channels, maxChannels)
	case cells < 1:
		return Network{}, configError(keyN, "%d cells in a stage, want 1 or more", cells)
	case cells > maxCells:
		return Network{}, configError(keyN, "%d cells in a stage, want %d at most", cells, maxCells)
	}
	n := Network{c, stagedWidths(channels, cells), classes}
	return n, n.Validate()
}

// Benchmark returns the benchmark's network of a cell: C = 16, N = 5.
func Benchmark(c Cell, classes int) Network {
	return Network{c, stagedWidths(16, 5), classes}
}

// stagedWidths lists C, 2C and 4C: a residual block has the width of the stage
// that it begins.
func stagedWidths(channels, cells int) Widths {
	w := slices.Repeat(Widths{channels}, cells)
	for range reductions {
		channels *= 2
		w = append(w, slices.Repeat(Widths{channels}, cells+1)...)
	}
	return w
}

// Stages returns the channels of the first stage and the cells of each, C and N,
// of a network that [NewNetwork] gives; false for other widths.
func (n Network) Stages() (channels, cells int, ok bool) {
	cells, ok = n.Widths.cells()
	if !ok || cells == 0 || !slices.Equal(n.Widths, stagedWidths(n.Widths[0], cells)) {
		return 0, 0, false
	}
	return n.Widths[0], cells, true
}

// Shape says in words how wide and deep the network is: "C=16, N=5", or
// "widths 8:16:24:24:40" where C and N don't tell it.
func (n Network) Shape() string {
	if channels, cells, ok := n.Stages(); ok {
		return fmt.Sprintf("C=%d, N=%d", channels, cells)
	}
	return fmt.Sprintf("widths %v", n.Widths)
}

// cells returns the number of cells in a stage; false if there can't be so many
// widths.
func (w Widths) cells() (int, bool) {
	return (len(w) - reductions) / stages, len(w) >= reductions && (len(w)-reductions)%stages == 0
}

// Validate returns an error that names the first width out of its range, 1 to
// 262144, or says that there aren't 3N+2 of them, N of 0 to 1000.
func (w Widths) Validate() error {
	_, ok := w.cells()
	switch {
	case len(w) > maxWidths:
		return fmt.Errorf("more than %d widths", maxWidths)
	case !ok:
		return fmt.Errorf("%d widths, want 3N+2, such as 5", len(w))
	}
	for i, width := range w {
		if width < 1 || width > maxWidth {
			return fmt.Errorf("width %d of %d is %d, want 1 to %d", i+1, len(w), width, maxWidth)
		}
	}
	return nil
}

// String returns the widths as the benchmark writes them: "8:16:24:24:40".
func (w Widths) String() string {
	texts := make([]string, len(w))
	for i, width := range w {
		texts[i] = strconv.Itoa(width)
	}
	return strings.Join(texts, ":")
}

// ParseWidths reads what [Widths.String] gives, strictly: whole numbers without
// blanks, signs or leading zeros, 3N+2 of them.
func ParseWidths(s string) (Widths, error) {
	fail := func(err error) (Widths, error) { return nil, fmt.Errorf("cell: widths %s: %w", quote(s), err) }
	var w Widths
	for part := range strings.SplitSeq(s, ":") {
		width, err := strconv.Atoi(part)
		if err != nil || strconv.Itoa(width) != part {
			return fail(fmt.Errorf("width %d is %s, want a whole number", len(w)+1, quote(part)))
		}
		if w = append(w, width); len(w) > maxWidths {
			break
		}
	}
	if err := w.Validate(); err != nil {
		return fail(err)
	}
	return w, nil
}

// Validate returns an error that names the first field out of its range.
func (n Network) Validate() error {
	if n.Cell.IsZero() {
		return configError(keyArch, "no cell")
	}
	if err := checkOps(n.Cell); err != nil {
		return configError(keyArch, "%w", err)
	}
	if err := n.Widths.Validate(); err != nil {
		return configError(keyChannels, "%w", err)
	}
	if n.Classes < 2 {
		return configError(keyClasses, "%d classes, want 2 or more", n.Classes)
	}
	return nil
}
