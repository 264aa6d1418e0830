package cell

import (
	"fmt"
	"strings"
)

// Op is the operation on one edge of a cell. The order of the constants is the
// benchmark's and gives the numbers of [Cell.Matrix].
type Op uint8

// The operations of the search space. Both convolutions are ReLU, convolution
// without bias, batch normalization.
const (
	None        Op = iota // zeros
	SkipConnect           // the input itself
	NorConv1x1            // 1x1 convolution
	NorConv3x3            // 3x3 convolution, padding 1
	AvgPool3x3            // 3x3 average, stride 1, of the pixels inside the image

	numOps = iota
)

// Ops returns the operations in the benchmark's order.
func Ops() []Op {
	return []Op{None, SkipConnect, NorConv1x1, NorConv3x3, AvgPool3x3}
}

// String returns the name that arch strings use, such as "nor_conv_3x3".
func (op Op) String() string {
	switch op {
	case None:
		return "none"
	case SkipConnect:
		return "skip_connect"
	case NorConv1x1:
		return "nor_conv_1x1"
	case NorConv3x3:
		return "nor_conv_3x3"
	case AvgPool3x3:
		return "avg_pool_3x3"
	}
	return fmt.Sprintf("Op(%d)", uint8(op))
}

// IsConv reports whether op is a convolution, the only kind with parameters.
func (op Op) IsConv() bool { return op == NorConv1x1 || op == NorConv3x3 }

// ParseOp returns the operation of a name that [Op.String] gives. The error for
// any other name suggests the nearest one.
func ParseOp(name string) (Op, error) {
	op, problem := parseOp(name)
	if problem != "" {
		return None, fmt.Errorf("cell: %s", problem)
	}
	return op, nil
}

// parseOp returns the operation, or what is wrong with the name.
func parseOp(name string) (op Op, problem string) {
	for _, op := range Ops() {
		if op.String() == name {
			return op, ""
		}
	}
	names := make([]string, numOps)
	for i, op := range Ops() {
		names[i] = op.String()
	}
	if near, ok := nearest(name, names); ok {
		return None, fmt.Sprintf("unknown op %s, did you mean %s?", quote(name), near)
	}
	return None, fmt.Sprintf("unknown op %s, want %s", quote(name), strings.Join(names, ", "))
}
