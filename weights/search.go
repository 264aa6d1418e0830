package weights

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"cellnet/internal/pickle"
)

// stateDictEntries are the names under which programs save a state dict.
func stateDictEntries() []string {
	return []string{
		"net_state_dict", "state_dict", "model_state_dict", "model", "net", "network",
		"base-model", "base_model", "weights", "params", "module",
	}
}

// maxDepth is the number of levels within which state dicts are looked for.
const maxDepth = 20

// searcher finds the networks in what a file holds. A container may be referred
// to from many places, but is looked into once.
type searcher struct {
	file   *File
	data   dataReader
	states map[any][]*state
	seen   map[any]bool
	heard  map[*pickle.Dict][]statement // what [searcher.hearsay] found
	found  []candidate
}

// candidate is a state dict outside of the benchmark's records.
type candidate struct {
	network   *Network
	preferred bool // its entry has the name of one that holds a network
	state     *state
}

// search finds the networks in a file's value: records of trials, or else state
// dicts and modules wherever they are.
func (f *File) search(value any, data dataReader) {
	s := &searcher{file: f, data: data, states: map[any][]*state{}, seen: map[any]bool{}, heard: map[*pickle.Dict][]statement{}}
	top, isDict := value.(*pickle.Dict)
	if isDict && len(s.statesOf(top)) == 0 && s.records(top) {
		return
	}
	if s.worthwhile(value) {
		s.walk(value, place{}, 0)
	}
	s.choose()
	if isDict {
		f.keepEntries(top, data)
	}
	if len(f.networks) == 0 && f.holds == "" {
		f.holds = f.explain(value)
	}
}

// explain says what is in a file without weights.
func (f *File) explain(value any) string {
	if f.otherFile != "" {
		return fmt.Sprintf("it names another file, %.200q, which may hold the weights", f.otherFile)
	}
	switch v := value.(type) {
	case nil:
		return "it is None, from an archive without weights"
	case *pickle.Object:
		return fmt.Sprintf("it holds an instance of %.100s", v.Class)
	case *pickle.Dict:
		var entries []string
		for key := range v.All() {
			entries = append(entries, fmt.Sprintf("%.60s", keyName(key)))
		}
		if len(entries) == 0 {
			return "it is an empty dict"
		}
		return "its entries are " + names(entries)
	}
	return fmt.Sprintf("it is a %.100s", pickle.TypeName(value))
}

// place is where a value is in a file, with what the dicts around it tell.
type place struct {
	path  []string
	tells []*pickle.Dict // outermost first
}

func (p place) enter(name string) place {
	return place{append(slices.Clip(p.path), name), p.tells}
}

func (p place) name() string { return strings.Join(p.path, ".") }

// preferred reports whether the last name in the path is that of a network.
func (p place) preferred() bool {
	return len(p.path) == 0 || slices.Contains(stateDictEntries(), p.path[len(p.path)-1])
}

// walk looks for state dicts in v and what it holds.
func (s *searcher) walk(v any, at place, depth int) {
	if depth > maxDepth {
		return
	}
	switch v := v.(type) {
	case *pickle.Dict:
		if s.enter(v, at) {
			s.walkDict(v, at, depth)
		}
	case *pickle.List:
		if s.enter(v, at) {
			s.walkItems(*v, at, depth)
		}
	case *pickle.Tuple:
		if s.enter(v, at) {
			s.walkItems(*v, at, depth)
		}
	case *pickle.Object:
		if v.Class == "pathlib.PosixPath" || v.Class == "pathlib.WindowsPath" {
			s.file.noteOtherFile(joined(v.Args))
		}
		if !s.enter(v, at) {
			return
		}
		if v.Entries != nil {
			s.walk(v.Entries, at, depth+1)
		}
		if v.Items != nil {
			s.walk(v.Items, at, depth+1)
		}
		if v.Args != nil {
			s.walkItems(*v.Args, at, depth+1)
		}
		if fields, ok := v.Fields(); ok {
			s.walk(fields, at, depth+1)
		} else {
			s.walk(v.State, at, depth+1)
		}
	}
}

// enter adds the state dicts that v is. It reports whether v is none and was not
// seen before.
func (s *searcher) enter(v any, at place) bool {
	if s.seen[v] {
		return false
	}
	s.seen[v] = true
	states := s.statesOf(v)
	for _, found := range states {
		inner := at
		if len(states) > 1 {
			inner = at.enter(strings.TrimSuffix(found.prefix, "."))
		}
		n := &Network{Entry: inner.name()}
		tells := at.tells
		if d := entriesOf(v); d != nil && len(found.aside) > 0 {
			tells = append(slices.Clip(tells), d)
		}
		for _, d := range tells {
			s.describe(n, d)
		}
		s.listen(n, tells)
		n.noteAside(found.aside)
		if found.prefix != "" {
			n.Prefix = found.prefix
		}
		if len(s.found) < maxCandidates(s.file.size) {
			s.found = append(s.found, candidate{n, at.preferred(), found})
		}
	}
	return len(states) == 0
}

// maxCandidates bounds the state dicts of a file of the given size.
func maxCandidates(size int64) int { return 64 + int(size/256) }

func (s *searcher) walkDict(d *pickle.Dict, at place, depth int) {
	at.tells = append(slices.Clip(at.tells), d)
	for key, v := range d.All() {
		if v == nil {
			s.file.noteNone(at, key)
		}
		if s.worthwhile(v) {
			s.walk(v, at.enter(keyName(key)), depth+1)
		}
	}
}

func (s *searcher) walkItems(items []any, at place, depth int) {
	for i, v := range items {
		if v == nil {
			s.file.noteNone(at, i)
		}
		if s.worthwhile(v) {
			s.walk(v, at.enter(strconv.Itoa(i)), depth+1)
		}
	}
}

// worthwhile reports whether v is a container that was not looked into.
func (s *searcher) worthwhile(v any) bool {
	switch v := v.(type) {
	case string:
		s.file.noteOtherFile(v)
		return false
	case *pickle.Dict, *pickle.List, *pickle.Tuple, *pickle.Object:
		return !s.seen[v]
	}
	return false
}

// keyName names an entry by its key: text, a number, or a tuple of these.
func keyName(key any) string {
	switch k := key.(type) {
	case string:
		return k
	case []byte:
		return string(k)
	case *pickle.Tuple:
		parts := make([]string, len(*k))
		for i, part := range *k {
			parts[i] = keyName(part)
		}
		return strings.Join(parts, ":")
	}
	if n, ok := pickle.Int(key); ok {
		return strconv.Itoa(n)
	}
	return pickle.TypeName(key)
}

// joined gives the path of the parts that a Path is made of.
func joined(parts *pickle.Tuple) string {
	var names []string
	for _, part := range *parts {
		if name, ok := part.(string); ok {
			names = append(names, name)
		}
	}
	return path.Join(names...)
}

// choose makes networks of the candidates. Those whose entry has the name of one
// that holds a network are preferred; others (averaged weights, moments of an
// optimizer) are only if there is no such, and are taken otherwise if their entry
// is named. What looks like a network of this program goes before what does not.
func (s *searcher) choose() {
	chosen := s.found
	for _, better := range []func(candidate) bool{
		func(c candidate) bool { return c.state.measured.network() },
		func(c candidate) bool { return c.preferred },
	} {
		if kept := slices.DeleteFunc(slices.Clone(chosen), func(c candidate) bool { return !better(c) }); len(kept) > 0 {
			chosen = kept
		}
	}
	var also []string
	for _, c := range s.found {
		s.finish(c.network, c.state)
		if slices.Contains(chosen, c) {
			s.file.networks = append(s.file.networks, c.network)
			continue
		}
		s.file.others = append(s.file.others, c.network)
		if slices.ContainsFunc(chosen, func(o candidate) bool { return o.state.sameNames(c.state) }) {
			also = append(also, c.network.Entry)
		}
	}
	if len(also) > 0 {
		for _, n := range s.file.networks {
			n.note("other weights are in the file, too: entry %s", names(also))
		}
	}
}

// names lists some names.
func names(all []string) string {
	const most = 8
	if len(all) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), len(all)-most)
	}
	return strings.Join(all, ", ")
}

// add adds a network of a record.
func (s *searcher) add(n *Network, found *state) {
	s.finish(n, found)
	s.file.networks = append(s.file.networks, n)
}

// finish gives a network its tensors, with what their shapes tell if nothing
// else does.
func (s *searcher) finish(n *Network, found *state) {
	n.Tensors = found.infos
	n.load = func() (*StateDict, error) {
		return newTensorLoader(s.data, s.file.size).stateDict(found.tensors)
	}
	n.complete(s.file, found.measured)
}

func (n *Network) complete(f *File, m measured) {
	n.file = f
	n.checkSizes(m)
	n.C = cmp.Or(n.C, m.description.C)
	n.N = cmp.Or(n.N, m.description.N)
	n.Classes = cmp.Or(n.Classes, m.description.Classes)
	n.Widths = m.widths
	if (n.Arch == "" || n.byIndex) && n.isOfSizeCell() { // the index is one of the size space
		n.Arch = n.Widths.String()
	}
}

// noteNone remembers an entry that should hold weights and is None.
func (f *File) noteNone(at place, key any) {
	if f.holds != "" {
		return
	}
	_, isNumber := key.(int)
	if name, ok := key.(string); isNumber || ok && slices.Contains(stateDictEntries(), name) {
		f.holds = fmt.Sprintf("entry %s is None, from an archive without weights", at.enter(keyName(key)).name())
	}
}

// noteOtherFile remembers a name of another file of weights.
func (f *File) noteOtherFile(name string) {
	for _, suffix := range []string{".pth", ".pt", ".pth.tar", ".pkl", ".safetensors"} {
		if strings.HasSuffix(name, suffix) && f.otherFile == "" {
			f.otherFile = name
		}
	}
}
