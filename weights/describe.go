package weights

import (
	"fmt"
	"strconv"
	"strings"

	"cellnet/cell"
	"cellnet/internal/pickle"
)

// configEntries are the names of entries that describe a checkpoint's network.
func configEntries() []string {
	return []string{"arch_config", "config", "model_config", "model-config", "hyper_parameters", "hparams"}
}

// describe reads what a dict tells about a network, in the names that this and
// other programs use.
func describe(n *Network, d *pickle.Dict) {
	for _, name := range configEntries() {
		if config, ok := d.Get(name); ok {
			if inner := fieldsOf(config); inner != nil {
				describeBy(n, inner)
			}
		}
	}
	describeBy(n, d)
}

// fieldsOf gives the entries of a dict or the attributes of an instance, or nil.
func fieldsOf(v any) *pickle.Dict {
	if d := entriesOf(v); d != nil {
		return d
	}
	if o, ok := v.(*pickle.Object); ok {
		if fields, ok := o.Fields(); ok {
			return fields
		}
	}
	return nil
}

func describeBy(n *Network, d *pickle.Dict) {
	number := func(to *int, names ...string) {
		for _, name := range names {
			if v, ok := d.Get(name); ok {
				if n, ok := pickle.Int(v); ok && n > 0 {
					*to = n
				}
			}
		}
	}
	// A network of widths has them beside its cell: they tell more.
	for _, name := range []string{"genotype", "arch", "arch_str", "architecture", "arch_index", "channels"} {
		v, ok := d.Get(name)
		if !ok || v == nil || v == "" {
			continue
		}
		arch, ok := archOf(v)
		if name == "channels" && (!ok || !strings.Contains(arch, ":")) {
			continue // a number of channels
		}
		if !ok {
			n.note("%s %.60q is no architecture and says nothing here", name, fmt.Sprint(shown(v)))
			continue
		}
		n.Arch = arch
	}
	if v, err := pickle.Field[string](d, "dataset"); err == nil && v != "" {
		n.Dataset = v
	}
	if v, err := pickle.Field[string](d, datasetInfoEntry); err == nil {
		n.DatasetInfo = v
	}
	number(&n.C, "C", "channel")
	number(&n.N, "N", "num_cells")
	number(&n.Classes, "classes", "num_classes", "class_num")
	number(&n.HP, "hp", "total_epoch", "epochs")
	if v, ok := d.Get("seed"); ok {
		if seed, ok := seedOf(v); ok {
			n.Seed = &seed
		}
	}
}

// archOf reads an architecture: its index, widths, or a cell in a spelling of
// [cell.Resolve], as text or as lists. The names of cells are none here: others
// have them for networks of their own.
func archOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, "|") && strings.HasSuffix(v, "|") || isWidths(v) {
			return v, true // what is wrong with it is told where it is used
		}
		if _, named := cell.Named(v); named {
			return "", false
		}
		return resolve(v)
	case *pickle.List, *pickle.Tuple:
		if text, ok := literalOf(v); ok {
			return resolve(text)
		}
		return "", false
	case *pickle.Object: // Structure
		if fields, ok := v.Fields(); ok {
			if nodes, ok := fields.Get("nodes"); ok {
				return archOf(nodes)
			}
		}
		return "", false
	}
	if index, ok := pickle.Int(v); ok {
		return resolve(strconv.Itoa(index))
	}
	return "", false
}

func resolve(text string) (string, bool) {
	a, err := cell.Topology.Resolve(text)
	return a.String(), err == nil
}

// isWidths reports whether text is in the form of widths.
func isWidths(text string) bool {
	_, err := cell.ParseWidths(text)
	return err == nil
}

// literalOf writes nested lists of text and numbers as Python does; false for others,
// and for what is longer than any spelling.
func literalOf(v any) (string, bool) {
	const longest = 4096
	var b strings.Builder
	var write func(v any, depth int) bool
	write = func(v any, depth int) bool {
		const deepest = 4
		var items []any
		switch v := v.(type) {
		case string:
			b.WriteString(strconv.Quote(v))
			return b.Len() < longest
		case *pickle.List:
			items = *v
		case *pickle.Tuple:
			items = *v
		default:
			n, ok := pickle.Int(v)
			b.WriteString(strconv.Itoa(n))
			return ok && b.Len() < longest
		}
		b.WriteByte('[')
		for _, item := range items {
			if depth == deepest || !write(item, depth+1) {
				return false
			}
			b.WriteByte(',')
		}
		b.WriteByte(']')
		return true
	}
	ok := write(v, 0)
	return b.String(), ok
}

// shown gives a value as a message has it.
func shown(v any) any {
	switch v.(type) {
	case string, int, float64, bool:
		return v
	}
	return pickle.TypeName(v)
}

// seedOf reads a seed: an int, or text such as "0777".
func seedOf(v any) (int, bool) {
	if s, ok := v.(string); ok {
		n, err := strconv.Atoi(s)
		return n, err == nil
	}
	return pickle.Int(v)
}
