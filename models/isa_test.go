package models

import (
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/internal/kernel"
)

func TestISA(t *testing.T) {
	for _, i := range []ISA{Generic, AVX2, AVX512} {
		text, err := i.MarshalText()
		var read ISA
		if err != nil || read.UnmarshalText(text) != nil || read != i {
			t.Errorf("%v is written as %q and read as %v", i, text, read)
		}
		if got, want := i.kernelISA().String(), i.String(); got != want {
			t.Errorf("%v are the kernels %v", want, got)
		}
	}
	for _, i := range SupportedISAs() {
		if got, err := i.Resolve(); got != i || err != nil {
			t.Errorf("%v resolves to %v, %v", i, got, err)
		}
	}
	if _, err := ParseISA("sse"); err == nil || !strings.Contains(err.Error(), "use one of generic, avx2, avx512") {
		t.Errorf("an unknown name: %v", err)
	}
	if _, err := (AVX512 + 1).Resolve(); err == nil {
		t.Error("unknown kernels resolve")
	}
	t.Setenv(kernel.Environment, "generic")
	if got, err := AnyISA.Resolve(); got != Generic || err != nil {
		t.Errorf("with the environment's choice: %v, %v", got, err)
	}
}

func TestKernelsOfOptions(t *testing.T) {
	t.Setenv(kernel.Environment, "generic")
	c, err := cell.FromIndex(1)
	if err != nil {
		t.Fatal(err)
	}
	network, err := cell.NewNetwork(c, 4, 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	params, err := Initialize(network, 777)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range SupportedISAs() {
		net, err := New(params, Options{Side: 8, Capacity: 1, Kernels: i})
		if err != nil {
			t.Fatal(err)
		}
		if got := net.kernels.ISA(); got != i.kernelISA() {
			t.Errorf("Options of %v compute with %v", i, got)
		}
	}
}
