package bench

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

// spaceOf tells the search space from its first architecture.
func spaceOf(arch string) Space {
	if strings.Contains(arch, ":") {
		return Size
	}
	return Topology
}

// archIndex numbers the strings of a search space.
func archIndex(archs []string) (map[string]int, error) {
	index := make(map[string]int, len(archs))
	for i, arch := range archs {
		if j, twice := index[arch]; twice {
			return nil, fmt.Errorf("architecture %d, %.100s, is that of number %d too", i, arch, j)
		}
		index[arch] = i
	}
	return index, nil
}

// archs lists the strings of a search space.
func (s Space) archs() []string {
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
