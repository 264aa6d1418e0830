package proxies

import (
	"slices"
	"strings"
	"testing"
)

func TestMeasureLists(t *testing.T) {
	for list, want := range map[string][]Measure{
		"synflow":               {SynFlow},
		"jacov":                 {JacobCov},
		"nwot, synflow ,nwot":   {NWOT, SynFlow},
		"gradsign,ntk,gradsign": {GradSign, NTK},
		"all":                   Measures(),
	} {
		if got, err := ParseMeasures(list); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v, want %v", list, got, err, want)
		}
	}
	fast, err := ParseMeasures("fast")
	if err != nil || len(fast) != len(Measures())-2 || slices.ContainsFunc(fast, Measure.Slow) {
		t.Errorf("fast: %v, %v", fast, err)
	}
	for _, list := range []string{"", "synflow,", "Synflow", "measure 99"} {
		if _, err := ParseMeasures(list); err == nil || !strings.Contains(err.Error(), "there are grad_norm, snip") {
			t.Errorf("%q: %v", list, err)
		}
	}
}

func FuzzParseMeasures(f *testing.F) {
	f.Add("all")
	f.Add("synflow,nwot")
	f.Fuzz(func(t *testing.T, list string) {
		found, err := ParseMeasures(list)
		if err != nil {
			return
		}
		var names []string
		for _, m := range found {
			names = append(names, m.String())
		}
		again, err := ParseMeasures(strings.Join(names, ","))
		if err != nil || !slices.Equal(again, found) {
			t.Errorf("%q: %v, again %v, %v", list, found, again, err)
		}
	})
}
