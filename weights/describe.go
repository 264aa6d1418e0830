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
	return []string{"arch_config", "config", "model_config", "model-config", "hyper_parameters"}
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
	for _, name := range []string{"genotype", "arch", "arch_str"} {
		v, ok := d.Get(name)
		if !ok || v == nil || v == "" {
			continue
		}
		arch, ok := archOf(v)
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

// archOf reads an architecture: its text, its index, or the nodes of a cell,
// each a tuple of pairs of an operation and its input.
func archOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		if isArch(v) {
			return v, true
		}
		return "", false
	case *pickle.List:
		return nodesText(*v)
	case *pickle.Tuple:
		return nodesText(*v)
	}
	if index, ok := pickle.Int(v); ok {
		if c, err := cell.FromIndex(index); err == nil {
			return c.String(), true
		}
	}
	return "", false
}

// isArch reports whether text is in the form of a cell or of five widths.
func isArch(text string) bool {
	if strings.HasPrefix(text, "|") && strings.HasSuffix(text, "|") {
		return true
	}
	for part := range strings.SplitSeq(text, ":") {
		if n, err := strconv.Atoi(part); err != nil || n < 1 {
			return false
		}
	}
	return strings.Count(text, ":") == 4
}

// nodesText gives the arch string of nodes.
func nodesText(nodes []any) (string, bool) {
	items := func(v any) []any {
		switch v := v.(type) {
		case *pickle.List:
			return *v
		case *pickle.Tuple:
			return *v
		}
		return nil
	}
	var parts []string
	for _, node := range nodes {
		text := "|"
		for _, edge := range items(node) {
			pair := items(edge)
			if len(pair) != 2 {
				return "", false
			}
			op, ok := pair[0].(string)
			from, okFrom := pickle.Int(pair[1])
			if !ok || !okFrom {
				return "", false
			}
			text += fmt.Sprintf("%s~%d|", op, from)
		}
		if parts = append(parts, text); len(parts) > 3 {
			return "", false
		}
	}
	c, err := cell.Parse(strings.Join(parts, "+"))
	if err != nil {
		return "", false
	}
	return c.String(), true
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
