package weights

import (
	"cmp"
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

// searcher finds the networks in what a file holds. A dict may be referred to
// from many places, but is looked into once.
type searcher struct {
	file   *File
	data   dataReader
	states map[*pickle.Dict]*state
	seen   map[*pickle.Dict]bool // results of architectures
}

// state is a state dict that was found.
type state struct {
	tensors  []namedTensor
	infos    []TensorInfo
	measured measured
}

// search finds the networks in a file's value: a state dict, one in an entry,
// or records of trials.
func (f *File) search(value any, data dataReader) {
	top, ok := value.(*pickle.Dict)
	if !ok {
		return
	}
	s := &searcher{f, data, map[*pickle.Dict]*state{}, map[*pickle.Dict]bool{}}
	if found := s.state(top); found != nil {
		s.add(&Network{}, found)
		return
	}
	if s.records(top) {
		return
	}
	var names []string
	for key, value := range top.All() {
		name, isText := key.(string)
		if dict, ok := value.(*pickle.Dict); ok && isText && s.state(dict) != nil {
			names = append(names, name)
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
		dict, _ := pickle.Field[*pickle.Dict](top, name)
		s.add(&Network{Description: description, Entry: name}, s.state(dict))
	}
	f.keepEntries(top, known, data)
}

// state gives the state dict that d is, or nil.
func (s *searcher) state(d *pickle.Dict) *state {
	found, known := s.states[d]
	if known {
		return found
	}
	if tensors, ok := tensorsOf(d); ok {
		found = new(state)
		names := make([]string, len(tensors))
		for i, t := range tensors {
			names[i] = t.name
		}
		short := withoutModule(names)
		for _, t := range tensors {
			name := short(t.name)
			found.tensors = append(found.tensors, namedTensor{name, t.tensor})
			found.infos = append(found.infos, TensorInfo{name, dtypeOf(t.tensor.Storage.Type), slices.Clone(t.tensor.Shape)})
		}
		found.measured = measure(found.infos)
	}
	s.states[d] = found
	return found
}

func (s *searcher) add(n *Network, found *state) {
	n.Tensors = found.infos
	n.load = func() (*StateDict, error) {
		return newTensorLoader(s.data, s.file.size).stateDict(found.tensors)
	}
	s.file.add(n, found.measured)
}

// add notes a network of the file, with what the shapes of its tensors tell if
// nothing else does.
func (f *File) add(n *Network, m measured) {
	n.file = f
	n.C = cmp.Or(n.C, m.description.C)
	n.N = cmp.Or(n.N, m.description.N)
	n.Classes = cmp.Or(n.Classes, m.description.Classes)
	n.Widths = m.widths
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
