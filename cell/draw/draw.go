// Package draw draws cells, and the two of a genotype: as DOT for Graphviz, as SVG and as PNG, the last two
// without any other program.
//
// In a picture the nodes stand in a row, the input on the left. Edges between
// neighbours are straight, others pass above and below. Each edge is labelled
// and coloured by its operation; those that contribute nothing to the output are
// pale and dashed.
package draw

import "errors"

// ErrTooLarge is returned for a [Diagram] with too many edges for a picture. DOT
// takes cells of any size.
var ErrTooLarge = errors.New("draw: cell is too large for a picture, draw it as DOT")

var errNoCell = errors.New("draw: a diagram without cells can't be drawn")
