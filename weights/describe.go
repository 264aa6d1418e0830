package weights

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cellnet/cell"
	"cellnet/internal/pickle"
)

// configEntries are the names of entries that describe a checkpoint's network.
func configEntries() []string {
	return []string{"arch_config", "config", "model_config", "model-config", "hyper_parameters", "hparams"}
}

// archEntries are the names under which programs tell the architecture. The
// widths of a network stand beside its cell.
func archEntries() []string {
	return []string{"genotype", "arch", "arch_str", "architecture", "arch_index", channelsEntry}
}

const channelsEntry = "channels"

// statement is an architecture that an entry tells.
type statement struct {
	entry, arch string
	index       bool // it is told by its index in a search space
}

// widths reports whether it is one of widths.
func (s statement) widths() bool { return isWidths(s.arch) }

func (s statement) String() string { return fmt.Sprintf("%.60s %.200s", s.entry, s.arch) }

// describe reads what a dict tells about a network, in the names that this and
// other programs use.
func (s *searcher) describe(n *Network, d *pickle.Dict) {
	var told []statement
	for _, name := range configEntries() {
		config, ok := d.Get(name)
		if !ok {
			continue
		}
		if inner := fieldsOf(config); inner != nil {
			told = append(told, s.statements(inner, name+".", n)...)
			describeSizes(n, inner)
		} else if st, ok := s.archOf(config); ok {
			st.entry = name
			told = append(told, st)
		}
	}
	told = append(told, s.statements(d, "", n)...)
	describeSizes(n, d)
	n.tell(told)
}

// statements gives the architectures that a dict's entries tell. Those that tell
// none are noted for n, unless it is nil.
func (s *searcher) statements(d *pickle.Dict, prefix string, n *Network) []statement {
	var told []statement
	for _, name := range archEntries() {
		v, ok := d.Get(name)
		if !ok || v == nil || v == "" {
			continue
		}
		st, ok := s.archOf(v)
		switch {
		case name == channelsEntry && (!ok || !st.widths()): // a number of channels
		case ok:
			st.entry = prefix + name
			told = append(told, st)
		case n != nil:
			n.note("%s%s %.60q is no architecture and says nothing here", prefix, name, fmt.Sprint(shown(v)))
		}
	}
	return told
}

// tell sets the architecture to the one of the statements. Widths beside a cell
// are those of a network of the size space if the cell is that space's.
func (n *Network) tell(told []statement) {
	var cells, widths []statement
	for _, st := range told {
		if st.widths() {
			widths = append(widths, st)
		} else {
			cells = append(cells, st)
		}
	}
	for _, of := range [][]statement{cells, widths} {
		for _, st := range of {
			if st.arch != of[0].arch {
				n.contradict("the file names two architectures, %v and %v", of[0], st)
			}
		}
	}
	if len(widths) > 0 {
		n.toldWidths = widths[0].arch
		if len(cells) == 0 || cells[0].arch == cell.SizeCell().String() {
			cells = widths
		}
	}
	if len(cells) > 0 {
		n.Arch, n.byIndex = cells[0].arch, cells[0].index
	}
}

// listen takes the architecture from what else lies beside the weights, such as
// the arguments of the program, if nothing tells it that should.
func (s *searcher) listen(n *Network, tells []*pickle.Dict) {
	if n.Arch != "" {
		return
	}
	for _, d := range slices.Backward(tells) {
		heard := s.hearsay(d)
		for _, st := range heard {
			if st.arch != heard[0].arch {
				n.note("several architectures are named, %v and %v: none is taken", heard[0], st)
				return
			}
		}
		if len(heard) > 0 {
			n.Arch, n.byIndex = heard[0].arch, heard[0].index
			return
		}
	}
}

// hearsay gives the architectures that are told within a dict's entries.
func (s *searcher) hearsay(d *pickle.Dict) []statement {
	heard, known := s.heard[d]
	if known {
		return heard
	}
	s.heard[d] = nil
	const deepest = 3
	var within func(d *pickle.Dict, prefix string, depth int)
	within = func(d *pickle.Dict, prefix string, depth int) {
		for key, v := range d.All() {
			inner := fieldsOf(v)
			if inner == nil || len(s.states[v]) > 0 || len(heard) >= 64 {
				continue
			}
			name := fmt.Sprintf("%s%.60s.", prefix, keyName(key))
			heard = append(heard, s.statements(inner, name, nil)...)
			if depth < deepest {
				within(inner, name, depth+1)
			}
		}
	}
	within(d, "", 1)
	s.heard[d] = heard
	return heard
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

// describeSizes reads what a dict tells besides the architecture.
func describeSizes(n *Network, d *pickle.Dict) {
	number := func(to *int, names ...string) {
		for _, name := range names {
			if v, ok := d.Get(name); ok {
				if n, ok := pickle.Int(v); ok && n > 0 {
					*to = n
				}
			}
		}
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
// [cell.Resolve], as text, lists or numbers. The names of cells are none here:
// others have them for networks of their own.
func (s *searcher) archOf(v any) (statement, bool) {
	switch v := v.(type) {
	case string:
		return archOfText(v)
	case []byte:
		return archOfText(string(v))
	case *pickle.List, *pickle.Tuple, *pickle.Array, *pickle.Tensor:
		text, ok := s.literalOf(v)
		if !ok {
			return statement{}, false
		}
		return archOfText(text)
	case *pickle.Object:
		if fields, ok := v.Fields(); ok { // Structure
			if nodes, ok := fields.Get("nodes"); ok {
				return s.archOf(nodes)
			}
		}
		if v.Args != nil { // text of a class of its own, or a tuple with names
			for _, arg := range *v.Args {
				if text, ok := arg.(string); ok && isArchString(text) {
					return archOfText(text)
				}
			}
		}
		return statement{}, false
	}
	if index, ok := pickle.Int(v); ok {
		return archOfText(strconv.Itoa(index))
	}
	return statement{}, false
}

func archOfText(text string) (statement, bool) {
	if _, named := cell.Named(text); named {
		return statement{}, false
	}
	if isWidths(text) {
		return statement{arch: text}, true
	}
	_, err := strconv.Atoi(text)
	a, resolveErr := cell.Topology.Resolve(text)
	if resolveErr == nil {
		return statement{arch: a.String(), index: err == nil}, true
	}
	if widths, err := cell.Size.Resolve(text); err == nil && widths.Widths() != nil && strings.HasPrefix(text, "[") {
		return statement{arch: widths.String()}, true
	}
	// What is wrong with an arch string is told where it is used.
	return statement{arch: text}, isArchString(text)
}

func isArchString(text string) bool {
	return strings.HasPrefix(text, "|") && strings.HasSuffix(text, "|")
}

// isWidths reports whether text is in the form of widths.
func isWidths(text string) bool {
	_, err := cell.ParseWidths(text)
	return err == nil
}

// literalOf writes nested lists of text and numbers as Python does, and arrays
// and tensors likewise; false for others, and for what is longer than any
// spelling.
func (s *searcher) literalOf(v any) (string, bool) {
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
		case *pickle.Array, *pickle.Tensor:
			t, ok := s.small(v)
			return ok && t.writeLiteral(&b)
		default:
			n, ok := pickle.Float(v)
			fmt.Fprint(&b, n)
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

// maxSmall is the number of elements of the largest tensor that may spell a cell,
// and of the storage that is read for it.
const maxSmall = 256

// small reads a tensor of few numbers.
func (s *searcher) small(v any) (Tensor, bool) {
	from, ok := sourceOf(v)
	if !ok || from.tensor != nil && from.tensor.Storage.Len > maxSmall {
		return Tensor{}, false
	}
	t, err := newTensorLoader(s.data, s.file.size).load(from)
	return t, err == nil && t.Len() <= maxSmall
}

// writeLiteral writes the numbers of a scalar, a vector or a matrix.
func (t Tensor) writeLiteral(b *strings.Builder) bool {
	numbers := make([]string, 0, t.Len())
	if integers, err := t.Int64s(); err == nil {
		for _, n := range integers {
			numbers = append(numbers, strconv.FormatInt(n, 10))
		}
	} else if floats, err := t.Float32s(); err == nil {
		for _, x := range floats {
			numbers = append(numbers, fmt.Sprint(x))
		}
	}
	if len(numbers) == 0 {
		return false
	}
	switch len(t.Shape) {
	case 0:
		b.WriteString(numbers[0])
	case 1:
		fmt.Fprintf(b, "[%s]", strings.Join(numbers, ","))
	case 2:
		b.WriteByte('[')
		for row := range slices.Chunk(numbers, t.Shape[1]) {
			fmt.Fprintf(b, "[%s],", strings.Join(row, ","))
		}
		b.WriteByte(']')
	default:
		return false
	}
	return true
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
