package trialname

import (
	"math"
	"testing"
)

func TestNames(t *testing.T) {
	for _, c := range []struct {
		name string
		arch int
		seed uint32
	}{
		{"arch-000000-seed-0000.pth", 0, 0},
		{"arch-000157-seed-0777.pth", 157, 777},
		{"arch-015624-seed-9999.pth", 15624, 9999},
		{"arch-032767-seed-10000.pth", 32767, 10000},
		{"arch-000005-seed-123456789.pth", 5, 123456789},
		{"arch-000005-seed-4294967295.pth", 5, math.MaxUint32},
	} {
		if got := Of(c.arch, c.seed); got != c.name {
			t.Errorf("Of(%d, %d) = %s, want %s", c.arch, c.seed, got, c.name)
		}
		if arch, seed, ok := Parse(c.name); arch != c.arch || seed != c.seed || !ok {
			t.Errorf("Parse(%s) = %d, %d, %v, want %d, %d", c.name, arch, seed, ok, c.arch, c.seed)
		}
	}
	for _, name := range []string{
		"", "x.pth", "arch-5-seed-0777.pth", "arch-000005-seed-77.pth", "arch-000005-seed-0777.pth.tmp", "x-arch-000005-seed-0777.pth",
		"arch-000005-seed-00777.pth", "arch-000005-seed-4294967296.pth", "arch-000005-seed-12345678901.pth",
	} {
		if arch, seed, ok := Parse(name); ok {
			t.Errorf("Parse(%q) = %d, %d, want none", name, arch, seed)
		}
	}
}
