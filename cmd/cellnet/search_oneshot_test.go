package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/search/weightsharing"

	"github.com/spf13/pflag"
)

func publishedSupernet(name string) string {
	return filepath.Join("..", "..", "search", "weightsharing", "testdata", "published-"+name+".pth")
}

func TestOneShot(t *testing.T) {
	small := []string{"--dataset", "synthetic", "--limit", "40"}
	for name, c := range map[string]struct {
		archs []string
		want  []string
	}{
		"gdas": {[]string{"1462", "0-1", "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"}, []string{
			"|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
			"|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
			"|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
			"|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
		}},
		"tas": {[]string{"2:4:4:6:8"}, []string{"2:4:4:6:8"}},
	} {
		out := mustCellnet(t, append(append([]string{"search", "one-shot", publishedSupernet(name)}, c.archs...), append(small, "--json")...)...)
		var got []string
		for line := range strings.Lines(out) {
			var r struct {
				Arch       string
				Loss, Top1 float64
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil || !(r.Loss > 0) || r.Top1 < 0 || r.Top1 > 100 {
				t.Errorf("%s: %s: %v", name, line, err)
			}
			got = append(got, r.Arch)
		}
		if strings.Join(got, " ") != strings.Join(c.want, " ") {
			t.Errorf("%s: evaluated %v, want %v", name, got, c.want)
		}
	}
	// What was chosen, and what is likeliest.
	out := mustCellnet(t, append([]string{"search", "one-shot", publishedSupernet("gdas")}, small...)...)
	if n := strings.Count(out, " %, loss "); n != 2 || !strings.Contains(out, "skip_connect~2| (1835)") {
		t.Errorf("%d of two:\n%s", n, out)
	}
	known := mustCellnet(t, "search", "one-shot", publishedSupernet("gdas"), "0-3", "--dataset", "synthetic", "--limit", "40")
	if strings.Contains(known, "rank correlation") {
		t.Errorf("a correlation with results that there are none of:\n%s", known)
	}
}

func TestOneShotCorrelation(t *testing.T) {
	var records []oneShotRecord
	for i := range 5 {
		test := float64(90 + i)
		records = append(records, oneShotRecord{knownArch{Test: &test}, 1, float64(10 * i)})
	}
	records = append(records, oneShotRecord{knownArch{}, 1, 99}) // of which nothing is known
	for n, want := range map[int]string{2: "", 6: "rank correlation with the accuracy by itself, of 5: Spearman 1.000, Kendall 1.000\n"} {
		var out strings.Builder
		if err := (&app{stdout: &out}).printOneShot(records[:n]); err != nil {
			t.Fatal(err)
		}
		if lines := strings.SplitAfterN(out.String(), "\n", 2*n+1); lines[2*n] != want {
			t.Errorf("of %d: %q, want %q", n, lines[2*n], want)
		}
	}
}

func TestOneShotRefuses(t *testing.T) {
	published := publishedSupernet("gdas")
	for want, args := range map[string][]string{
		"missing argument FILE":       {},
		"missing --dataset":           {published},
		"none of its networks is":     {saved(t, readmeArch, 10), "--dataset", "synthetic"},
		"8:8:8:8:8":                   {published, "8:8:8:8:8", "--dataset", "synthetic"},
		"want a range within 0-15624": {published, "0-20000", "--dataset", "synthetic"},
		"--batch: 0 images":           {published, "--dataset", "synthetic", "--batch", "0"},
		"no such file or directory":   {published + ".gone", "--dataset", "synthetic"},
		"--side, --holdout":           {published, "--dataset", "synthetic", "--side", "16"},
	} {
		r := cellnet(t, append([]string{"search", "one-shot"}, args...)...)
		if r.code == exitOK || !strings.Contains(r.stderr, want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%v: exit code %d, %q, want %s", args, r.code, r.stderr, want)
		}
	}
}

// TestOlderSettings gives some of the flags by hand.
func TestOlderSettings(t *testing.T) {
	for _, a := range weightsharing.Algorithms() {
		if a.Space() != cell.Topology {
			continue
		}
		given := weightsharing.DefaultRun(a)
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		addRunFlags(flags, &given)
		if err := flags.Parse([]string{"--epochs", "3", "--clip", "0", "-C", "4", "--affine"}); err != nil {
			t.Fatal(err)
		}
		got, err := olderRun(a, flags)
		if err != nil {
			t.Fatal(err)
		}
		want := weightsharing.OlderRun(a)
		want.Epochs, want.Clip, want.Channels, want.Affine = 3, 0, 4, true
		g, _ := json.Marshal(got)
		w, _ := json.Marshal(want)
		if string(g) != string(w) {
			t.Errorf("%v: %s, want %s", a, g, w)
		}
	}
}
