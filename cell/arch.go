package cell

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Space is one of the benchmark's search spaces.
type Space uint8

const (
	// Topology has 15,625 cells, in networks of C = 16 and N = 5.
	Topology Space = iota
	// Size has 32,768 lists of five widths, of networks with one cell.
	Size
)

// SizeCount is the number of architectures in the size space: five widths, each
// one of eight.
const SizeCount = 32768

const (
	sizeBlocks = 5
	sizeStep   = 8 // widths are 8, 16, ... 64
	sizeWidths = 8
)

// SizeCell returns the cell of all networks of the size space.
func SizeCell() Cell {
	return Cell{
		edges: []Edge{{NorConv3x3, 0}, {NorConv3x3, 0}, {NorConv3x3, 1}, {SkipConnect, 0}, {NorConv3x3, 1}, {NorConv3x3, 2}},
		ends:  []int{0, 1, 3, 6},
	}
}

// Spaces returns the search spaces.
func Spaces() []Space { return []Space{Topology, Size} }

// String gives "topology" or "size".
func (s Space) String() string {
	switch s {
	case Topology:
		return "topology"
	case Size:
		return "size"
	}
	return fmt.Sprintf("Space(%d)", uint8(s))
}

// ParseSpace reads what [Space.String] gives.
func ParseSpace(name string) (Space, error) {
	for _, s := range Spaces() {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("cell: unknown search space %s, want %v or %v", quote(name), Topology, Size)
}

// MarshalText returns the name. It fails for a number that is no space.
func (s Space) MarshalText() ([]byte, error) {
	if s > Size {
		return nil, fmt.Errorf("cell: %v is no search space", s)
	}
	return []byte(s.String()), nil
}

// UnmarshalText reads what MarshalText gives.
func (s *Space) UnmarshalText(text []byte) error {
	parsed, err := ParseSpace(string(text))
	if err == nil {
		*s = parsed
	}
	return err
}

// Count returns the number of architectures in the space.
func (s Space) Count() int {
	if s == Size {
		return SizeCount
	}
	return SpaceSize
}

// Arch returns the architecture of an index, 0 to Count-1.
func (s Space) Arch(index int) (Arch, error) {
	if s == Size {
		w, err := WidthsFromIndex(index)
		return Arch{widths: w}, err
	}
	c, err := FromIndex(index)
	return Arch{cell: c}, err
}

// All yields the architectures of the space in index order.
func (s Space) All() iter.Seq2[int, Arch] {
	return func(yield func(int, Arch) bool) {
		for i := range s.Count() {
			a, _ := s.Arch(i)
			if !yield(i, a) {
				return
			}
		}
	}
}

// Resolve returns the architecture that a user means by an index in the space, or
// in either space by widths, also a list of five, or by what [Resolve] reads.
func (s Space) Resolve(text string) (Arch, error) {
	text = trim(text)
	if text != "" && strings.Contains(":0123456789", text[:1]) && strings.Contains(text, ":") {
		w, err := ParseWidths(strings.ReplaceAll(text, " ", ""))
		return Arch{widths: w}, err
	}
	if v, err := readLiteral(text); err == nil {
		if widths, ok := v.numbers(); ok && len(widths) == sizeBlocks {
			return ArchOfWidths(widths)
		}
	}
	if s == Size && isNumber(text) {
		index, err := parseIndex(text, SizeCount)
		if err != nil {
			return Arch{}, err
		}
		return s.Arch(index)
	}
	c, err := Resolve(text)
	return Arch{cell: c}, err
}

// Arch is an immutable architecture in the sense of either search space: a cell,
// in networks of any C and N, or the widths of a network of [SizeCell]. The zero
// value is none.
type Arch struct {
	cell   Cell
	widths Widths
}

// ArchOfCell returns the architecture of a cell.
func ArchOfCell(c Cell) Arch { return Arch{cell: c} }

// ArchOfWidths returns the architecture of widths; see [Widths.Validate] for
// those that it refuses.
func ArchOfWidths(w Widths) (Arch, error) {
	if err := w.Validate(); err != nil {
		return Arch{}, fmt.Errorf("cell: %w", err)
	}
	return Arch{widths: slices.Clone(w)}, nil
}

// ParseArch reads what [Arch.String] gives: an arch string or widths.
func ParseArch(s string) (Arch, error) {
	if strings.ContainsAny(s, "|~+") || !strings.ContainsAny(s, ":0123456789") {
		c, err := Parse(s)
		return Arch{cell: c}, err
	}
	w, err := ParseWidths(s)
	return Arch{widths: w}, err
}

// IsZero reports whether a is the zero value, which is no architecture.
func (a Arch) IsZero() bool { return a.cell.IsZero() && a.widths == nil }

// Space tells which space the architecture belongs to, if any.
func (a Arch) Space() Space {
	if a.widths != nil {
		return Size
	}
	return Topology
}

// Cell returns the cell of its networks.
func (a Arch) Cell() Cell {
	if a.widths != nil {
		return SizeCell()
	}
	return a.cell
}

// Widths returns its widths, nil for an architecture of a cell. The slice is the
// caller's.
func (a Arch) Widths() Widths { return slices.Clone(a.widths) }

// Network returns the benchmark's network: widths as they are, cells with C = 16
// and N = 5.
func (a Arch) Network(classes int) Network {
	if a.widths != nil {
		return Network{SizeCell(), a.Widths(), classes}
	}
	return Benchmark(a.cell, classes)
}

// Arch returns the architecture that the network is of: its widths if it is one of
// the size space, or of [SizeCell] with other widths than [NewNetwork] gives;
// otherwise its cell.
func (n Network) Arch() Arch {
	if n.Cell.Equal(SizeCell()) && n.Widths != nil {
		_, indexed := n.Widths.Index()
		if _, _, staged := n.Stages(); indexed || !staged {
			return Arch{widths: slices.Clone(n.Widths)}
		}
	}
	return Arch{cell: n.Cell}
}

// Index returns the index in its space; false if the space doesn't have it.
func (a Arch) Index() (int, bool) {
	if a.widths != nil {
		return a.widths.Index()
	}
	return a.cell.Index()
}

// Equal reports whether two architectures have the same string.
func (a Arch) Equal(b Arch) bool { return a.cell.Equal(b.cell) && slices.Equal(a.widths, b.widths) }

// String returns the arch string or the widths, "" for the zero value.
func (a Arch) String() string {
	if a.widths != nil {
		return a.widths.String()
	}
	return a.cell.String()
}

// MarshalText returns the string. It fails for the zero value.
func (a Arch) MarshalText() ([]byte, error) {
	if a.IsZero() {
		return nil, errors.New("cell: the zero Arch has no string")
	}
	return []byte(a.String()), nil
}

// UnmarshalText reads what [ParseArch] reads.
func (a *Arch) UnmarshalText(text []byte) error {
	parsed, err := ParseArch(string(text))
	if err == nil {
		*a = parsed
	}
	return err
}

// WidthsFromIndex returns the widths of an index of the size space, 0 to
// SizeCount-1; the last width changes fastest.
func WidthsFromIndex(index int) (Widths, error) {
	if index < 0 || index >= SizeCount {
		return nil, fmt.Errorf("cell: index %d is not in the size space, want 0 to %d", index, SizeCount-1)
	}
	w := make(Widths, sizeBlocks)
	for i := sizeBlocks - 1; i >= 0; i-- {
		w[i] = (index%sizeWidths + 1) * sizeStep
		index /= sizeWidths
	}
	return w, nil
}

// Index returns the index of the widths in the size space; false if it doesn't
// have them.
func (w Widths) Index() (int, bool) {
	if len(w) != sizeBlocks {
		return 0, false
	}
	index := 0
	for _, width := range w {
		if width < sizeStep || width > sizeWidths*sizeStep || width%sizeStep != 0 {
			return 0, false
		}
		index = index*sizeWidths + width/sizeStep - 1
	}
	return index, true
}
