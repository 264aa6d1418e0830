package record

import (
	"fmt"
	"strings"

	"cellnet/cell"
)

// Space is a search space.
type Space uint8

const (
	Topology Space = iota // cells of 4 nodes, 15,625 arch strings
	Size                  // widths of 5 stages, 32,768 strings such as "8:16:32:40:64"
)

// String gives "topology" or "size".
func (s Space) String() string {
	if s == Size {
		return "size"
	}
	return "topology"
}

// FullEpochs is the number of epochs of the longest published recipe.
func (s Space) FullEpochs() int {
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
func (s Space) ArchStrings() []string {
	if s == Size {
		return sizeArchs()
	}
	archs := make([]string, 0, cell.SpaceSize)
	for _, c := range cell.All() {
		archs = append(archs, c.String())
	}
	return archs
}

// sizeArchs lists the widths of five stages, each one of eight, the last one
// changing fastest.
func sizeArchs() []string {
	const stages, widths, step = 5, 8, 8
	archs := []string{""}
	for range stages {
		longer := make([]string, 0, len(archs)*widths)
		for _, arch := range archs {
			for w := 1; w <= widths; w++ {
				longer = append(longer, fmt.Sprintf("%s:%d", arch, w*step))
			}
		}
		archs = longer
	}
	for i, arch := range archs {
		archs[i] = arch[1:]
	}
	return archs
}
