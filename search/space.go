package search

import (
	"sync"

	"cellnet/cell"
	"cellnet/internal/mt19937"
)

// Space is one of the benchmark's search spaces: an architecture is a choice at
// each of its positions, and has a number in the benchmark's order.
type Space struct {
	of        cell.Space
	positions int
	options   int     // at each position
	choices   []uint8 // of all architectures, one after another
	index     []int32 // by rank: the choices read as digits
}

// Topology is the space of 15,625 cells: one of five operations on each of the
// edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2.
func Topology() *Space { return topology() }

// Size is the space of 32,768 networks: one of the widths 8, 16, ..., 64 for each
// of five stages.
func Size() *Space { return size() }

var topology = sync.OnceValue(func() *Space {
	s := &Space{of: cell.Topology, positions: 6, options: 5}
	for _, c := range cell.All() {
		for _, e := range c.Edges() {
			s.choices = append(s.choices, uint8(e.Op))
		}
	}
	return s.ranked()
})

var size = sync.OnceValue(func() *Space {
	s := &Space{of: cell.Size, positions: 5, options: 8}
	for i := range cell.SizeCount {
		for shift := 12; shift >= 0; shift -= 3 {
			s.choices = append(s.choices, uint8(i>>shift&7))
		}
	}
	return s.ranked()
})

// ranked fills in the index by rank.
func (s *Space) ranked() *Space {
	s.index = make([]int32, s.Len())
	for i := range s.index {
		s.index[s.rank(s.Choices(i))] = int32(i)
	}
	return s
}

func (s *Space) rank(choices []uint8) int {
	rank := 0
	for _, c := range choices {
		rank = rank*s.options + int(c)
	}
	return rank
}

// ParseSpace returns the space of a name, topology or size.
func ParseSpace(name string) (*Space, error) {
	of, err := cell.ParseSpace(name)
	if err != nil {
		return nil, err
	}
	return SpaceOf(of), nil
}

// SpaceOf returns the space of an enumeration.
func SpaceOf(of cell.Space) *Space {
	if of == cell.Size {
		return Size()
	}
	return Topology()
}

// Of is what package cell calls the space.
func (s *Space) Of() cell.Space { return s.of }

// String gives the name, topology or size.
func (s *Space) String() string { return s.of.String() }

// Len is the number of architectures.
func (s *Space) Len() int { return len(s.choices) / s.positions }

// Choices gives an architecture's choice at each position. The slice must not be
// changed.
func (s *Space) Choices(arch int) []uint8 {
	at := arch * s.positions
	return s.choices[at : at+s.positions : at+s.positions]
}

// Index gives the number of the architecture with those choices.
func (s *Space) Index(choices []uint8) int { return int(s.index[s.rank(choices)]) }

// Arch gives an architecture's string, such as "|nor_conv_3x3~0|+..." or
// "8:16:64:24:40"; "" if there is none of that number.
func (s *Space) Arch(arch int) string {
	a, err := s.of.Arch(arch)
	if err != nil {
		return ""
	}
	return a.String()
}

// maxPositions is the largest number of positions of a space.
const maxPositions = 6

// with gives the architecture that differs in one position.
func (s *Space) with(arch, position int, choice uint8) int {
	var c [maxPositions]uint8
	copy(c[:], s.Choices(arch))
	c[position] = choice
	return s.Index(c[:s.positions])
}

// random draws an architecture as the published programs do: a choice for each
// position.
func (s *Space) random(r *mt19937.Source) int {
	rank := 0
	for range s.positions {
		rank = rank*s.options + r.Intn(s.options)
	}
	return int(s.index[rank])
}

// mutate draws an architecture that differs in one position. On cells that is an
// edge of a node drawn first, and the operation another one; on widths it may be
// the one that was there.
func (s *Space) mutate(arch int, r *mt19937.Source) int {
	if s.of == cell.Size {
		stage := r.Intn(s.positions)
		return s.with(arch, stage, uint8(r.Intn(s.options)))
	}
	node := r.Intn(3)
	edge := node*(node+1)/2 + r.Intn(node+1)
	old := s.Choices(arch)[edge]
	op := old
	for op == old {
		op = uint8(r.Intn(s.options))
	}
	return s.with(arch, edge, op)
}

// neighbours lists the architectures that differ in one position.
func (s *Space) neighbours(arch int) []int {
	around := make([]int, 0, s.positions*(s.options-1))
	for p, old := range s.Choices(arch) {
		for c := range uint8(s.options) {
			if c != old {
				around = append(around, s.with(arch, p, c))
			}
		}
	}
	return around
}
