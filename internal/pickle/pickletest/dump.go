// Package pickletest writes trees of package pickle as text, for tests.
package pickletest

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"cellnet/internal/pickle"
)

// Dump spells out a tree: the type and every bit of each value. The scripts
// in testdata folders make the same text of what Python reads. Trees that
// contain themselves have no text. Tensors need the data of their storages.
func Dump(v any) string {
	var out strings.Builder
	write(&out, v)
	return out.String()
}

func write(out *strings.Builder, v any) {
	switch v := v.(type) {
	case nil:
		out.WriteString("None")
	case bool:
		out.WriteString(map[bool]string{true: "True", false: "False"}[v])
	case int:
		fmt.Fprintf(out, "i%d", v)
	case *big.Int:
		fmt.Fprintf(out, "i%d", v)
	case float64:
		fmt.Fprintf(out, "f%016x", math.Float64bits(v))
	case string:
		fmt.Fprintf(out, "s%x", v)
	case []byte:
		fmt.Fprintf(out, "b%x", v)
	case *pickle.ByteArray:
		fmt.Fprintf(out, "a%x", []byte(*v))
	case *pickle.Tuple:
		writeItems(out, "(", *v)
	case *pickle.List:
		writeItems(out, "[", *v)
	case *pickle.Dict:
		out.WriteString(map[bool]string{true: "O{", false: "{"}[v.Ordered])
		for k, x := range v.All() {
			write(out, k)
			out.WriteString(":")
			write(out, x)
			out.WriteString(",")
		}
		out.WriteString("}")
		if v.Attributes != nil {
			out.WriteString("@")
			write(out, v.Attributes)
		}
	case *pickle.Set:
		out.WriteString(map[bool]string{true: "F{", false: "S{"}[v.Frozen])
		var items []string
		for x := range v.All() {
			var item strings.Builder
			write(&item, x)
			items = append(items, item.String())
		}
		slices.Sort(items)
		out.WriteString(strings.Join(items, ",") + "}")
	case pickle.Scalar:
		fmt.Fprintf(out, "N%v%x", v.Type, v.Data)
	case *pickle.Array:
		fmt.Fprintf(out, "A%v%s%x", v.Type, listText(v.Shape), v.Data)
	case *pickle.Tensor:
		data, err := v.Bytes(v.Storage.Data)
		if err != nil {
			fmt.Fprintf(out, "(%v)", err)
		}
		kind := map[bool]string{true: "P", false: "T"}[v.Parameter]
		fmt.Fprintf(out, "%storch.%s%s%x", kind, torchTypes[v.Storage.Type], listText(v.Shape), data)
	case *pickle.Storage:
		fmt.Fprintf(out, "G%v(s%x,i%d)", v.Type, v.Key, v.Len)
	case *pickle.Class:
		fmt.Fprintf(out, "<%s>", v.Name)
	case *pickle.Object:
		fmt.Fprintf(out, "<%s", v.Class)
		write(out, v.Args)
		for _, part := range []any{v.State, v.Entries, v.Items} {
			if d, ok := part.(*pickle.Dict); ok && d == nil {
				continue
			}
			if l, ok := part.(*pickle.List); ok && l == nil {
				continue
			}
			if part != nil {
				out.WriteString("|")
				write(out, part)
			}
		}
		out.WriteString(">")
	default:
		fmt.Fprintf(out, "unknown %T", v)
	}
}

func writeItems(out *strings.Builder, open string, items []any) {
	out.WriteString(open)
	for _, x := range items {
		write(out, x)
		out.WriteString(",")
	}
	out.WriteString("]")
}

// listText spells integers as Python's list does.
func listText(dims []int) string { return strings.ReplaceAll(fmt.Sprint(dims), " ", ", ") }

var torchTypes = map[pickle.StorageType]string{
	pickle.FloatStorage: "float32", pickle.DoubleStorage: "float64", pickle.HalfStorage: "float16",
	pickle.LongStorage: "int64", pickle.IntStorage: "int32", pickle.ByteStorage: "uint8", pickle.BoolStorage: "bool",
}
