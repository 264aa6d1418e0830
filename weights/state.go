package weights

import (
	"fmt"
	"slices"
	"strings"

	"cellnet/cell/twocell"
	"cellnet/internal/pickle"
)

// state is a state dict that was found.
type state struct {
	prefix   string // that was taken off the names
	tensors  []namedTensor
	infos    []TensorInfo
	aside    []string // names of what is beside the network
	measured measured
}

// sameNames reports whether two state dicts have tensors of the same names, but
// for counters.
func (s *state) sameNames(o *state) bool {
	names := func(s *state) []string {
		var out []string
		for _, t := range s.infos {
			if !strings.HasSuffix(t.Name, ".num_batches_tracked") {
				out = append(out, t.Name)
			}
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(names(s), names(o))
}

// statesOf gives the state dicts that v is: none, one, or in a dict of several
// networks' tensors one for each prefix.
func (s *searcher) statesOf(v any) []*state {
	found, known := s.states[v]
	if known {
		return found
	}
	var tensors []namedTensor
	var aside []string
	switch v := v.(type) {
	case *pickle.Dict:
		tensors, aside = tensorsAmong(v)
	case *pickle.List:
		tensors = pairsOf(*v)
	case *pickle.Tuple:
		tensors = pairsOf(*v)
	case *pickle.Object:
		tensors = moduleTensors(v, s.file.size)
	}
	if len(tensors) > 0 {
		found = statesAmong(tensors, aside)
	}
	s.states[v] = found
	return found
}

// firstTensor is the name of the first tensor of a network of this program.
const firstTensor = "stem.0.weight"

// firstOf gives what precedes the name of a network's first tensor: nothing, or
// text that ends with a point or other sign. An underscore is a part of another
// name: supernets begin with _stem.
func firstOf(name string) (prefix string, ok bool) {
	prefix, ok = strings.CutSuffix(name, firstTensor)
	return prefix, ok && (prefix == "" || !isWord(prefix[len(prefix)-1]))
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// tensorsAmong gives the tensors of a state dict, or of a dict that holds a
// network's tensors among other values, with the names of these.
func tensorsAmong(d *pickle.Dict) (tensors []namedTensor, aside []string) {
	if tensors, ok := tensorsOf(d); ok {
		return tensors, nil
	}
	network := false
	for key, v := range d.All() {
		name, isText := key.(string)
		t, isTensor := sourceOf(v)
		if !isText || !isTensor {
			aside = append(aside, fmt.Sprintf("%.100s", keyName(key)))
			continue
		}
		_, first := firstOf(name)
		network = network || first
		tensors = append(tensors, namedTensor{name, t})
	}
	if !network {
		return nil, nil
	}
	return tensors, aside
}

// pairsOf gives the tensors of a list of names and tensors; none for others.
func pairsOf(items []any) []namedTensor {
	var out []namedTensor
	for _, item := range items {
		var pair []any
		switch item := item.(type) {
		case *pickle.Tuple:
			pair = *item
		case *pickle.List:
			pair = *item
		}
		if len(pair) != 2 {
			return nil
		}
		name, isText := pair[0].(string)
		t, isTensor := sourceOf(pair[1])
		if !isText || !isTensor {
			return nil
		}
		out = append(out, namedTensor{name, t})
	}
	return out
}

// isPart reports whether a tensor may be a network's: the modules of networks
// have few names.
func isPart(name string) bool {
	module, _, _ := strings.Cut(name, ".")
	switch module {
	case twocell.StemName, cellsModule, twocell.LastNorm, twocell.Classifier, twocell.AuxiliaryHead:
		return true
	}
	return false
}

const cellsModule = "cells"

// prefixesOf gives what precedes the names of a network in a state dict, once
// for each network. Without a network, it is what wrappers of any module put
// before all names.
func prefixesOf(names []string) (prefixes []string, network bool) {
	for _, name := range names {
		if p, ok := firstOf(name); ok {
			prefixes = append(prefixes, p)
		}
	}
	if len(prefixes) > 0 {
		return prefixes, true
	}
	prefix := ""
	for _, wrapper := range []string{"_orig_mod.", "module.", "_orig_mod.", "module."} {
		if all := prefix + wrapper; !slices.ContainsFunc(names, func(name string) bool { return !strings.HasPrefix(name, all) }) {
			prefix = all
		}
	}
	return []string{prefix}, false
}

// division is a network's share of the tensors of a file or dict.
type division struct {
	prefix  string
	members []int    // of the tensors
	aside   []string // names of tensors that are no network's
}

// divide divides tensors among the networks by the prefixes of their names.
func divide(names []string) []division {
	prefixes, network := prefixesOf(names)
	parts := make([]division, len(prefixes))
	for i, p := range prefixes {
		parts[i].prefix = p
	}
	for member, name := range names {
		owner := -1 // the longest prefix
		for i, p := range prefixes {
			if strings.HasPrefix(name, p) && (owner < 0 || len(p) > len(prefixes[owner])) {
				owner = i
			}
		}
		if owner < 0 || network && !isPart(name[len(prefixes[owner]):]) {
			for i := range parts {
				parts[i].aside = append(parts[i].aside, name)
			}
			continue
		}
		parts[owner].members = append(parts[owner].members, member)
	}
	return parts
}

// noteAside notes what was left aside.
func (n *Network) noteAside(aside []string) {
	if len(aside) > 0 {
		n.note("left aside, being no part of the network: %s", names(aside))
	}
}

// statesAmong gives the state dicts of tensors, beside which there are others.
func statesAmong(tensors []namedTensor, aside []string) []*state {
	names := make([]string, len(tensors))
	for i, t := range tensors {
		names[i] = t.name
	}
	var states []*state
	for _, part := range divide(names) {
		s := &state{prefix: part.prefix, aside: append(slices.Clone(aside), part.aside...)}
		for _, i := range part.members {
			name := names[i][len(part.prefix):]
			s.tensors = append(s.tensors, namedTensor{name, tensors[i].tensor})
			s.infos = append(s.infos, tensors[i].tensor.info(name))
		}
		s.measured = measure(s.infos)
		states = append(states, s)
	}
	return states
}

// moduleTensors gives the parameters and buffers of a module that was saved
// whole, under the names that its state_dict() has. A module may hold another
// many times; of one in a file of the given size no more is read than a sound
// file has.
func moduleTensors(o *pickle.Object, size int64) []namedTensor {
	w := moduleWalk{within: map[*pickle.Object]bool{}, left: 64 + size/16}
	if !isModule(o) || !w.module(o, "") {
		return nil
	}
	return w.out
}

// isModule reports whether an instance has the fields of PyTorch's modules.
func isModule(o *pickle.Object) bool {
	fields, ok := o.Fields()
	if !ok {
		return false
	}
	for _, name := range []string{"_parameters", "_buffers", "_modules"} {
		if v, ok := fields.Get(name); !ok || entriesOf(v) == nil {
			return false
		}
	}
	return true
}

// entriesOf gives the entries of a dict or of an instance that is one, or nil.
func entriesOf(v any) *pickle.Dict {
	switch v := v.(type) {
	case *pickle.Dict:
		return v
	case *pickle.Object:
		return v.Entries
	}
	return nil
}

// moduleWalk collects the tensors of modules within modules.
type moduleWalk struct {
	out    []namedTensor
	within map[*pickle.Object]bool // those that are being walked
	left   int64                   // modules and tensors that may still come
}

// module reports whether o, a module, is sound: not within itself.
func (w *moduleWalk) module(o *pickle.Object, prefix string) bool {
	const maxPrefix = 256
	if w.left--; w.left < 0 || w.within[o] || len(prefix) > maxPrefix {
		return false
	}
	w.within[o] = true
	defer delete(w.within, o)
	fields, _ := o.Fields()
	field := func(name string) *pickle.Dict {
		v, _ := fields.Get(name)
		return entriesOf(v)
	}
	for key, v := range field("_parameters").All() {
		w.tensor(prefix, key, v)
	}
	transient, _ := fields.Get("_non_persistent_buffers_set")
	for key, v := range field("_buffers").All() {
		if set, ok := transient.(*pickle.Set); ok && set.Has(key) {
			continue
		}
		w.tensor(prefix, key, v)
	}
	for key, v := range field("_modules").All() {
		inner, isObject := v.(*pickle.Object)
		name, isText := key.(string)
		if !isObject || !isText || !isModule(inner) {
			continue // None, for example
		}
		if !w.module(inner, prefix+name+".") {
			return false
		}
	}
	return true
}

func (w *moduleWalk) tensor(prefix string, key, v any) {
	name, ok := key.(string)
	t, okTensor := sourceOf(v)
	if ok && okTensor && w.left > 0 {
		w.left--
		w.out = append(w.out, namedTensor{prefix + name, t})
	}
}
