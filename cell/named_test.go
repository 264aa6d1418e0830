package cell_test

import (
	"slices"
	"testing"

	"cellnet/cell"
)

func TestNamed(t *testing.T) {
	want := map[string]string{
		"resnet":   "|nor_conv_3x3~0|+|nor_conv_3x3~1|+|skip_connect~0|skip_connect~2|",
		"all_c3x3": "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
		"all_c1x1": "|nor_conv_1x1~0|+|nor_conv_1x1~0|nor_conv_1x1~1|+|nor_conv_1x1~0|nor_conv_1x1~1|nor_conv_1x1~2|",
		"all_idnt": "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|",
		"all_full": "|skip_connect~0|nor_conv_1x1~0|nor_conv_3x3~0|avg_pool_3x3~0|" +
			"+|skip_connect~0|nor_conv_1x1~0|nor_conv_3x3~0|avg_pool_3x3~0|skip_connect~1|nor_conv_1x1~1|nor_conv_3x3~1|avg_pool_3x3~1|" +
			"+|skip_connect~0|nor_conv_1x1~0|nor_conv_3x3~0|avg_pool_3x3~0|skip_connect~1|nor_conv_1x1~1|nor_conv_3x3~1|avg_pool_3x3~1|" +
			"skip_connect~2|nor_conv_1x1~2|nor_conv_3x3~2|avg_pool_3x3~2|",
	}
	for name, arch := range want {
		c, ok := cell.Named(name)
		if !ok || c.String() != arch {
			t.Errorf("%s: got %v, %v, want %s", name, c, ok, arch)
		}
		if !slices.Contains(cell.Names(), name) {
			t.Errorf("Names lacks %s", name)
		}
		if !c.Equal(mustParse(t, arch)) {
			t.Errorf("%s differs from its parsed arch string", name)
		}
	}
	if len(cell.Names()) != len(want) {
		t.Errorf("Names: got %v", cell.Names())
	}
	if c, ok := cell.Named("resnet18"); ok || !c.IsZero() {
		t.Errorf("resnet18: got %v", c)
	}
}

func TestResolve(t *testing.T) {
	first, err := cell.FromIndex(0)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ in, arch, err string }{
		{readme, readme, ""},
		{"0", first.String(), ""},
		{"00", first.String(), ""},
		{"resnet", "|nor_conv_3x3~0|+|nor_conv_3x3~1|+|skip_connect~0|skip_connect~2|", ""},
		{"15625", "", "cell: index 15625 is not in the benchmark, want 0 to 15624"},
		{"-1", "", "cell: index -1 is not in the benchmark, want 0 to 15624"},
		{"99999999999999999999999999", "", "cell: index 99999999999999999999... is not in the benchmark, want 0 to 15624"},
		{"resnt", "", `cell: unknown cell "resnt", did you mean resnet?`},
		{"", "", `cell: unknown cell "", want an arch string, an index from 0 to 15624, or resnet, all_c3x3, all_c1x1, all_idnt, all_full`},
		{"nor_conv_3x3~0", "", `cell: arch string "nor_conv_3x3~0", offset 0: missing "|" before the edges of node 1`},
		{"1.5", "", `cell: unknown cell "1.5", want an arch string, an index from 0 to 15624, or resnet, all_c3x3, all_c1x1, all_idnt, all_full`},
	}
	for _, tt := range tests {
		c, err := cell.Resolve(tt.in)
		if got := c.String(); got != tt.arch {
			t.Errorf("%q: got %s, want %s", tt.in, got, tt.arch)
		}
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || err.Error() != tt.err) {
			t.Errorf("%q:\ngot  %v\nwant %s", tt.in, err, tt.err)
		}
	}
}
