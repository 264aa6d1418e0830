package source

import (
	"cellnet/bench/record"
)

// memory are records that are in memory.
type memory struct {
	NoFile
	archs map[int]*record.Architecture
	order []int
	space record.Space
}

// FromMemory makes a source of records of one search space.
func FromMemory(archs ...*record.Architecture) Records {
	m := &memory{archs: map[int]*record.Architecture{}}
	for _, a := range archs {
		if !m.Has(a.Index) {
			m.order = append(m.order, a.Index)
		}
		m.archs[a.Index] = a
		m.space = record.SpaceOf(a.ArchString)
	}
	return m
}

func (m *memory) ArchStrings() ([]string, error) { return record.ArchStrings(m.space), nil }
func (m *memory) Indexes() []int                 { return m.order }
func (m *memory) Evaluated() ([]int, error)      { return m.order, nil }
func (m *memory) Has(index int) bool             { _, ok := m.archs[index]; return ok }

func (m *memory) Architecture(index int) (*record.Architecture, error) {
	a, ok := m.archs[index]
	if !ok {
		return nil, ErrNotStored
	}
	return a, nil
}
