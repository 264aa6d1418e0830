package kernel

import (
	"slices"
	"strings"
	"testing"
)

func TestBest(t *testing.T) {
	all := Supported()
	for _, c := range []struct {
		set  string
		want ISA
		err  string
	}{
		{"", all[len(all)-1], ""},
		{"generic", Generic, ""},
		{"avx2", AVX2, ""},
		{"avx512", AVX512, ""},
		{"sse", 0, "use one of generic, avx2, avx512"},
	} {
		t.Setenv(Environment, c.set)
		k, err := Best()
		switch want := slices.Contains(all, c.want); {
		case c.err == "" && want:
			if err != nil || k.ISA() != c.want {
				t.Errorf("%s=%q: %v, %v; want %v", Environment, c.set, k, err, c.want)
			}
		case err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), Environment):
			t.Errorf("%s=%q: error %v, want one with %q", Environment, c.set, err, c.err)
		}
	}
}

func TestISA(t *testing.T) {
	for _, i := range []ISA{Generic, AVX2, AVX512} {
		if got, err := ParseISA(i.String()); err != nil || got != i {
			t.Errorf("ParseISA(%q) = %v, %v", i.String(), got, err)
		}
	}
	if got := ISA(9).String(); got != "ISA(9)" {
		t.Errorf("ISA(9) prints as %s", got)
	}
}
