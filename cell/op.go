package cell

import (
	"fmt"
	"strings"
)

// Op is the operation on one edge of a cell. The order of the constants is the
// benchmark's and gives the numbers of [Cell.Matrix].
type Op uint8

// The operations. Those of the benchmark's search space come first.
const (
	None        Op = iota // zeros
	SkipConnect           // the input itself
	NorConv1x1            // ReLU, 1x1 convolution without bias, batch normalization
	NorConv3x3            // the same with 3x3 and padding 1
	AvgPool3x3            // 3x3 average, stride 1, of the pixels inside the image
)

// OpKind is what an operation does, whatever the size of its window.
type OpKind uint8

// The kinds of operations. The zero value is none of them.
const (
	Zeros OpKind = iota + 1
	Identity
	Convolution // ReLU, convolution without bias, batch normalization
	AveragePool // stride 1; pixels outside of the image count for nothing
)

// operation is what the packages need to know of an operation.
type operation struct {
	name      string
	kind      OpKind
	window    int      // side of the square of input pixels that one of the result is computed from
	learnable bool     // whether it has parameters where widths are equal
	aliases   []string // lower-case names in other programs
}

// operations is the table that everything goes by: parsing, layout, planning.
var operations = [...]operation{
	None:        {"none", Zeros, 0, false, []string{"zero", "zeroize"}},
	SkipConnect: {"skip_connect", Identity, 1, false, []string{"identity", "skip", "skip_connection"}},
	NorConv1x1:  {"nor_conv_1x1", Convolution, 1, true, []string{"conv_1x1", "conv1x1", "reluconvbn1x1"}},
	NorConv3x3:  {"nor_conv_3x3", Convolution, 3, true, []string{"conv_3x3", "conv3x3", "reluconvbn3x3"}},
	AvgPool3x3:  {"avg_pool_3x3", AveragePool, 3, false, []string{"avgpool_3x3", "avg_pool", "avgpool1x1", "avgpool"}},
}

// Ops returns the operations of the benchmark's search space in its order.
func Ops() []Op { return AllOps()[:spaceOps] }

// AllOps returns all operations that arch strings may name.
func AllOps() []Op {
	ops := make([]Op, len(operations))
	for i := range ops {
		ops[i] = Op(i)
	}
	return ops
}

// known reports whether op is in the table.
func (op Op) known() bool { return int(op) < len(operations) }

// row returns the operation's row of the table; zeros for no operation.
func (op Op) row() operation {
	if !op.known() {
		return operation{}
	}
	return operations[op]
}

// String returns the name that arch strings use, such as "nor_conv_3x3".
func (op Op) String() string {
	if !op.known() {
		return fmt.Sprintf("Op(%d)", uint8(op))
	}
	return operations[op].name
}

// Kind returns what the operation does, 0 if op is none of [AllOps].
func (op Op) Kind() OpKind { return op.row().kind }

// Window returns the side of the square of input pixels that one of the result
// is computed from: 3 for 3x3, 0 for zeros.
func (op Op) Window() int { return op.row().window }

// Taps returns the number of pixels in the window.
func (op Op) Taps() int { return op.Window() * op.Window() }

// Learnable reports whether the operation has parameters whatever the widths.
// skip_connect and pools have some only where they change the width.
func (op Op) Learnable() bool { return op.row().learnable }

// IsConv reports whether op is a convolution.
func (op Op) IsConv() bool { return op.Kind() == Convolution }

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
	for i, row := range operations {
		if row.name == name {
			return Op(i), ""
		}
	}
	names := make([]string, len(operations))
	for i, row := range operations {
		names[i] = row.name
	}
	if near, ok := nearest(name, names); ok {
		return None, fmt.Sprintf("unknown op %s, did you mean %s?", quote(name), near)
	}
	return None, fmt.Sprintf("unknown op %s, want %s", quote(name), strings.Join(names, ", "))
}
