package archlist

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"
)

func TestParse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "archs.txt")
	if err := os.WriteFile(file, []byte("# some\n3 # the third\n\n10-12\n|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := Parse(cell.Topology, "5-7, 1,"+file+",15624")
	if want := []int{5, 6, 7, 1, 3, 10, 11, 12, 0, 15624}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	got, err = Parse(cell.Topology, "(((none,0),),((none,0),(none,1)),((none,0),(none,1),(none,2))),5")
	if want := []int{1651, 5}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	got, err = Parse(cell.Topology, "naslib:2,2,1,4,2,4")
	if want := []int{11}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	bad := filepath.Join(t.TempDir(), "bad.txt")
	if err := os.WriteFile(bad, []byte("1\nnothing\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for list, want := range map[string]string{
		"":         "no architectures",
		"7-5":      "want a range within 0-15624",
		"0-15625":  "want a range within 0-15624",
		"15625":    "15625",
		"|none~0|": "not one of the architectures of the topology space",
		"|nan~0|":  "nan",
		"421211,7": "can mean several cells",
		"|none~0|+|none~1|none~0|+|none~0|none~1|none~2|": "in order it is index",
		"8:8:8:8:8": "not one of the architectures of the topology space",
		"no-such":   `"no-such" is no index, range, arch string or file`,
		"1," + bad:  bad + `, line 2: "nothing"`,
		t.TempDir(): "reading architectures",
	} {
		if got, err := Parse(cell.Topology, list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, %v, want an error with %q", list, got, err, want)
		}
	}
}

func TestParseSizes(t *testing.T) {
	got, err := Parse(cell.Size, "0-2,32767,8:8:40:32:40")
	if want := []int{0, 1, 2, 32767, 284}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for list, want := range map[string]string{
		"0-32768":     "want a range within 0-32767",
		"32768":       "want 0 to 32767",
		"8:8:8":       "3 widths, want 3N+2",
		"8:8:8:8:8:":  `width 6 is "", want a whole number`,
		"12:8:8:8:8":  "12:8:8:8:8 is not one of the architectures of the size space",
		"|none~0|":    "not one of the architectures of the size space",
		"8:8:8:8:x":   `width 5 is "x", want a whole number`,
		"resnet":      "not one of the architectures of the size space",
		"no-such":     `"no-such" is no index, range, arch string or file`,
		"-1":          "-1",
		"64:64:64:64": "4 widths",
	} {
		if got, err := Parse(cell.Size, list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, %v, want an error with %q", list, got, err, want)
		}
	}
}
