package weightsharing

import (
	"fmt"
	"strings"

	"cellnet/cell"
)

// Algorithm is a way to search. The zero value is none.
type Algorithm uint8

// The algorithms. The last three search widths, all others cells.
const (
	DARTSV1 Algorithm = iota + 1
	DARTSV2
	GDAS
	// GDASV1 is GDAS without the zeros that carry a gradient to operations that were
	// not drawn.
	GDASV1
	SETN
	Random
	ENAS
	TAS
	MaskGumbel
	MaskRL
)

var algorithmNames = [...]string{
	DARTSV1: "darts-v1", DARTSV2: "darts-v2", GDAS: "gdas", GDASV1: "gdas_v1", SETN: "setn", Random: "random", ENAS: "enas",
	TAS: "tas", MaskGumbel: "mask_gumbel", MaskRL: "mask_rl",
}

// Algorithms returns all algorithms.
func Algorithms() []Algorithm {
	var all []Algorithm
	for a := DARTSV1; a <= MaskRL; a++ {
		all = append(all, a)
	}
	return all
}

// ParseAlgorithm reads a published name, such as "darts-v1".
func ParseAlgorithm(name string) (Algorithm, error) {
	var names []string
	for _, a := range Algorithms() {
		if a.String() == name {
			return a, nil
		}
		names = append(names, a.String())
	}
	return 0, fmt.Errorf("unknown algorithm %.40q, want one of %s", name, strings.Join(names, ", "))
}

// String gives the published name.
func (a Algorithm) String() string {
	if a < DARTSV1 || a > MaskRL {
		return fmt.Sprintf("Algorithm(%d)", uint8(a))
	}
	return algorithmNames[a]
}

// MarshalText gives the name. It fails for what is no algorithm.
func (a Algorithm) MarshalText() ([]byte, error) {
	if a < DARTSV1 || a > MaskRL {
		return nil, fmt.Errorf("%v is no algorithm", a)
	}
	return []byte(a.String()), nil
}

// UnmarshalText reads a name.
func (a *Algorithm) UnmarshalText(text []byte) (err error) {
	parsed, err := ParseAlgorithm(string(text))
	if err == nil {
		*a = parsed
	}
	return err
}

// Space is the search space of an algorithm.
func (a Algorithm) Space() cell.Space {
	if a >= TAS {
		return cell.Size
	}
	return cell.Topology
}

// tempered tells whether the algorithm draws at a temperature.
func (a Algorithm) tempered() bool {
	return a == GDAS || a == GDASV1 || a == TAS || a == MaskGumbel
}

// compares tells whether several cells are compared, not only the likeliest one
// taken.
func (a Algorithm) compares() bool { return a == SETN || a == Random || a == ENAS }

// searchesCells tells whether cells are searched, not widths.
func (a Algorithm) searchesCells() bool { return a.Space() == cell.Topology }
