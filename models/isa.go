package models

import (
	"fmt"

	"cellnet/internal/kernel"
)

// ISA names the kernels that compute a network: those written for an instruction
// set. Different ones round differently, so that the same training by others has
// other bits.
type ISA uint8

// The kernels; all processors run the generic ones.
const (
	// AnyISA stands for those that the environment variable CELLNET_ISA names
	// or, where it is unset, the fastest that the processor runs.
	AnyISA ISA = iota
	Generic
	AVX2
	AVX512
)

// kernelISA gives the kernels' own name, which has no "any".
func (i ISA) kernelISA() kernel.ISA { return kernel.ISA(i - Generic) }

// String gives the name that [ParseISA] takes.
func (i ISA) String() string {
	if i == AnyISA {
		return "any"
	}
	return i.kernelISA().String()
}

// ParseISA reads the name of kernels: generic, avx2 or avx512.
func ParseISA(name string) (ISA, error) {
	i, err := kernel.ParseISA(name)
	if err != nil {
		return AnyISA, err
	}
	return Generic + ISA(i), nil
}

// MarshalText gives the name.
func (i ISA) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads what MarshalText gives of any but AnyISA.
func (i *ISA) UnmarshalText(text []byte) error {
	parsed, err := ParseISA(string(text))
	if err == nil {
		*i = parsed
	}
	return err
}

// Resolve gives i, or what AnyISA stands for. It is an error if the processor does
// not run these kernels.
func (i ISA) Resolve() (ISA, error) {
	k, err := i.kernels()
	if err != nil {
		return AnyISA, err
	}
	return Generic + ISA(k.ISA()), nil
}

func (i ISA) kernels() (*kernel.Kernels, error) {
	switch {
	case i == AnyISA:
		return kernel.Best()
	case i > AVX512:
		return nil, fmt.Errorf("kernels %d are unknown", uint8(i))
	}
	return kernel.For(i.kernelISA())
}

// SupportedISAs lists the kernels that this processor runs, slowest first.
func SupportedISAs() []ISA {
	var all []ISA
	for _, i := range kernel.Supported() {
		all = append(all, Generic+ISA(i))
	}
	return all
}
