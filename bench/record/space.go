package record

import (
	"strings"

	"cellnet/cell"
)

// Space is a search space.
type Space = cell.Space

// The search spaces.
const (
	Topology = cell.Topology
	Size     = cell.Size
)

// FullEpochs is the number of epochs of the longest published recipe of a search
// space.
func FullEpochs(s Space) int {
	if s == Size {
		return 90
	}
	return 200
}

// SpaceOf tells the search space from the string of an architecture.
func SpaceOf(archString string) Space {
	if strings.Contains(archString, ":") {
		return Size
	}
	return Topology
}

// ArchStrings lists the strings of a search space in the order of their indexes.
func ArchStrings(s Space) []string {
	archs := make([]string, 0, s.Count())
	for _, a := range s.All() {
		archs = append(archs, a.String())
	}
	return archs
}
