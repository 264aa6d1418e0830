package weights

import (
	"slices"
	"strconv"

	"cellnet/internal/pickle"
)

// stateDictEntries are the names under which programs save a state dict.
func stateDictEntries() []string {
	return []string{
		"net_state_dict", "state_dict", "model_state_dict", "model", "net", "network",
		"base-model", "base_model", "weights", "params", "module",
	}
}

// search finds the networks in what a file holds: a state dict, one in an
// entry, or records of trials.
func (f *File) search(value any, data dataReader) error {
	top, ok := value.(*pickle.Dict)
	if !ok {
		return nil
	}
	if tensors, ok := tensorsOf(top); ok {
		f.add(&Network{}, tensors, data)
		return nil
	}
	if found := f.searchRecords(top, data); found {
		return nil
	}
	found := map[string][]namedTensor{}
	var names []string
	for key, value := range top.All() {
		name, isText := key.(string)
		dict, isDict := value.(*pickle.Dict)
		if !isText || !isDict {
			continue
		}
		if tensors, ok := tensorsOf(dict); ok {
			names = append(names, name)
			found[name] = tensors
		}
	}
	// An entry of a usual name is the network, others (moments of an optimizer,
	// averaged weights) are only if there is no such.
	known := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return !slices.Contains(stateDictEntries(), name)
	})
	if len(known) == 0 {
		known = names
	}
	description := describe(top)
	for _, name := range known {
		f.add(&Network{Description: description, Entry: name}, found[name], data)
	}
	f.keepEntries(top, known, data)
	return nil
}

func (f *File) add(n *Network, tensors []namedTensor, data dataReader) {
	names := make([]string, len(tensors))
	for i, t := range tensors {
		names[i] = t.name
	}
	short := withoutModule(names)
	for i, t := range tensors {
		tensors[i].name = short(t.name)
		n.Tensors = append(n.Tensors, TensorInfo{Name: tensors[i].name, DType: dtypeOf(t.tensor.Storage.Type), Shape: slices.Clone(t.tensor.Shape)})
	}
	n.load = func() (*StateDict, error) { return loadTensors(tensors, data, f.size) }
	f.networks = append(f.networks, n)
}

// describe reads what a checkpoint tells about its network, in the names that
// this and other programs use.
func describe(d *pickle.Dict) Description {
	var out Description
	for _, inner := range []string{"arch_config", "config", "model_config"} {
		if config, err := pickle.Field[*pickle.Dict](d, inner); err == nil {
			describeInto(&out, config)
		}
	}
	describeInto(&out, d)
	return out
}

func describeInto(out *Description, d *pickle.Dict) {
	text := func(to *string, names ...string) {
		for _, name := range names {
			if v, err := pickle.Field[string](d, name); err == nil && v != "" {
				*to = v
			}
		}
	}
	number := func(to *int, names ...string) {
		for _, name := range names {
			if v, ok := d.Get(name); ok {
				if n, ok := pickle.Int(v); ok && n > 0 {
					*to = n
				}
			}
		}
	}
	text(&out.Arch, "arch", "arch_str")
	text(&out.Dataset, "dataset")
	number(&out.C, "C", "channel")
	number(&out.N, "N", "num_cells")
	number(&out.Classes, "classes", "num_classes", "class_num")
	number(&out.HP, "hp", "total_epoch", "epochs")
	if v, ok := d.Get("seed"); ok {
		if n, ok := seedOf(v); ok {
			out.Seed = &n
		}
	}
}

// seedOf reads a seed: an int, or text such as "0777".
func seedOf(v any) (int, bool) {
	if s, ok := v.(string); ok {
		n, err := strconv.Atoi(s)
		return n, err == nil
	}
	return pickle.Int(v)
}
