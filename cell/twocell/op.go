package twocell

import (
	"fmt"
	"strings"
)

// Op is the operation on an edge of a cell.
type Op uint8

// The operations. Those with convolutions begin with a ReLU and end with a batch
// norm. From an input of a reducing cell they have stride 2.
const (
	None        Op = iota // zeros
	SkipConnect           // the value itself; with a stride, a projection
	NorConv1x1            // convolution
	NorConv3x3
	NorConv7x7
	DuaSepc3x3 // twice: convolution of each channel, 1x1 convolution
	DuaSepc5x5
	DilSepc3x3 // once, with dilation 2
	DilSepc5x5
	AvgPool3x3 // of the pixels inside the image
	MaxPool3x3

	numOps = iota
)

// Kind is what an operation computes, whatever its size.
type Kind uint8

// The kinds of operations.
const (
	Zero Kind = iota
	Skip
	Convolution
	DualSeparable
	DilatedSeparable
	AveragePool
	MaxPool
)

// operations has the name, kind and size of the kernel of every Op.
var operations = [numOps]struct {
	name string
	kind Kind
	size int
}{
	None:        {"none", Zero, 0},
	SkipConnect: {"skip_connect", Skip, 0},
	NorConv1x1:  {"nor_conv_1x1", Convolution, 1},
	NorConv3x3:  {"nor_conv_3x3", Convolution, 3},
	NorConv7x7:  {"nor_conv_7x7", Convolution, 7},
	DuaSepc3x3:  {"dua_sepc_3x3", DualSeparable, 3},
	DuaSepc5x5:  {"dua_sepc_5x5", DualSeparable, 5},
	DilSepc3x3:  {"dil_sepc_3x3", DilatedSeparable, 3},
	DilSepc5x5:  {"dil_sepc_5x5", DilatedSeparable, 5},
	AvgPool3x3:  {"avg_pool_3x3", AveragePool, 3},
	MaxPool3x3:  {"max_pool_3x3", MaxPool, 3},
}

// Ops lists all operations.
func Ops() []Op {
	ops := make([]Op, numOps)
	for i := range ops {
		ops[i] = Op(i)
	}
	return ops
}

// SearchOps lists the operations of the DARTS space in the published order.
func SearchOps() []Op {
	return []Op{None, SkipConnect, DuaSepc3x3, DuaSepc5x5, DilSepc3x3, DilSepc5x5, AvgPool3x3, MaxPool3x3}
}

// String returns the name that genotypes use, such as "dua_sepc_3x3".
func (op Op) String() string {
	if int(op) < numOps {
		return operations[op].name
	}
	return fmt.Sprintf("Op(%d)", uint8(op))
}

// Kind tells what the operation computes.
func (op Op) Kind() Kind { return operations[op].kind }

// Size is the side of the operation's kernel in pixels, 0 if it has none.
func (op Op) Size() int { return operations[op].size }

// ParseOp returns the operation of a name that [Op.String] gives.
func ParseOp(name string) (Op, error) {
	names := make([]string, numOps)
	for _, op := range Ops() {
		if op.String() == name {
			return op, nil
		}
		names[op] = op.String()
	}
	return None, fmt.Errorf("unknown op %s, want %s", quote(name), strings.Join(names, ", "))
}

// quote is a text in quotes, cut if it is long.
func quote(text string) string {
	const most = 60
	if len(text) > most {
		text = text[:most] + "..."
	}
	return fmt.Sprintf("%q", text)
}
