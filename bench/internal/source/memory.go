package source

import (
	"cellnet/bench/record"
)

// memory are records that are in memory.
type memory struct {
	NoFile
	archs map[int]*record.Architecture
	order []int
}

// FromMemory makes a source of records.
func FromMemory(archs ...*record.Architecture) Records {
	m := &memory{archs: map[int]*record.Architecture{}}
	for _, a := range archs {
		if !m.Has(a.Index) {
			m.order = append(m.order, a.Index)
		}
		m.archs[a.Index] = a
	}
	return m
}

func (m *memory) ArchStrings() ([]string, error) { return record.Topology.ArchStrings(), nil }
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
