package weights

import (
	"slices"
	"strings"

	"cellnet/internal/pickle"
)

// state is a state dict that was found.
type state struct {
	prefix   string // that was taken off the names
	tensors  []namedTensor
	infos    []TensorInfo
	aside    []string // names without the prefix
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
	switch v := v.(type) {
	case *pickle.Dict:
		tensors, _ = tensorsOf(v)
	case *pickle.Object:
		tensors = moduleTensors(v, s.file.size)
	}
	if len(tensors) > 0 {
		found = divide(tensors)
	}
	s.states[v] = found
	return found
}

// firstTensor is the name of the first tensor of a network of this program.
const firstTensor = "stem.0.weight"

// prefixesOf gives what precedes the names of a network in a state dict, once
// for each network: nothing, or text that ends with a point. Without a network,
// it is what wrappers of any module put before all names.
func prefixesOf(names []string) (prefixes []string, network bool) {
	for _, name := range names {
		if p, ok := strings.CutSuffix(name, firstTensor); ok && (p == "" || p[len(p)-1] == '.') {
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

// divide takes the prefixes off the names of a state dict.
func divide(tensors []namedTensor) []*state {
	all := make([]string, len(tensors))
	for i, t := range tensors {
		all[i] = t.name
	}
	prefixes, _ := prefixesOf(all)
	states := make([]*state, len(prefixes))
	for i, p := range prefixes {
		states[i] = &state{prefix: p}
	}
	for _, t := range tensors {
		owner := -1 // the longest prefix
		for i, p := range prefixes {
			if strings.HasPrefix(t.name, p) && (owner < 0 || len(p) > len(prefixes[owner])) {
				owner = i
			}
		}
		if owner < 0 {
			for _, s := range states {
				s.aside = append(s.aside, t.name)
			}
			continue
		}
		s := states[owner]
		name := t.name[len(s.prefix):]
		s.tensors = append(s.tensors, namedTensor{name, t.tensor})
		s.infos = append(s.infos, t.tensor.info(name))
	}
	for _, s := range states {
		s.measured = measure(s.infos)
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
