package kernel

import (
	"fmt"
	"os"
	"strings"
)

// ISA names an implementation of the kernels.
type ISA uint8

// The implementations, slowest first.
const (
	Generic ISA = iota
	AVX2
	AVX512
)

// Environment is the variable that overrides the choice of [Best].
const Environment = "CELLNET_ISA"

var isaNames = [...]string{"generic", "avx2", "avx512"}

// String returns the name that [Environment] takes.
func (i ISA) String() string {
	if int(i) < len(isaNames) {
		return isaNames[i]
	}
	return fmt.Sprintf("ISA(%d)", uint8(i))
}

// ParseISA is the inverse of String.
func ParseISA(s string) (ISA, error) {
	for i, name := range isaNames {
		if s == name {
			return ISA(i), nil
		}
	}
	return 0, fmt.Errorf("unknown instruction set %q: use one of %s", s, strings.Join(isaNames[:], ", "))
}

// Kernels is one implementation of every primitive, safe for concurrent use.
//
// Every method checks its arguments and calls the primitive of the same name,
// which a switch over the implementations picks: a call through a variable
// would move the arguments to the heap.
type Kernels struct {
	isa ISA
}

// Supported lists the implementations that this processor runs, slowest first.
func Supported() []ISA {
	all := []ISA{Generic}
	for _, i := range []ISA{AVX2, AVX512} {
		if supported(i) {
			all = append(all, i)
		}
	}
	return all
}

// For returns one implementation, or an error where the processor lacks it.
func For(i ISA) (*Kernels, error) {
	if i != Generic && !supported(i) {
		return nil, fmt.Errorf("this processor does not run the %s kernels", i)
	}
	return &Kernels{isa: i}, nil
}

// Best returns the implementation that [Environment] names or, where it is
// unset, the fastest one that the processor runs.
func Best() (*Kernels, error) {
	name := os.Getenv(Environment)
	if name == "" {
		all := Supported()
		return For(all[len(all)-1])
	}
	i, err := ParseISA(name)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", Environment, err)
	}
	k, err := For(i)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", Environment, err)
	}
	return k, nil
}

// ISA tells which implementation this is.
func (k *Kernels) ISA() ISA { return k.isa }
