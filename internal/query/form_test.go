package query

import (
	"strings"
	"testing"
)

// exampleOf gives a value that a parameter takes.
func exampleOf(p Param) string {
	if p == Max {
		return "raspi4_latency=12,fpga_energy=30"
	}
	switch p {
	case Arch:
		return "|none~0|"
	case Mean:
		return "true"
	}
	if words := p.Words(); words != nil {
		return words[0]
	}
	return "1"
}

func TestParametersThatDontGoTogether(t *testing.T) {
	together := map[[2]Param]bool{{Seed, Random}: false, {Mean, Seed}: false, {Mean, Random}: false, {Index, Arch}: false}
	for _, q := range All() {
		for i, a := range q.Params() {
			for _, b := range q.Params()[i+1:] {
				values := map[string]string{string(a): exampleOf(a), string(b): exampleOf(b)}
				for _, p := range q.Needs {
					if p != Index || values[string(Arch)] == "" {
						values[string(p)] = exampleOf(p)
					}
				}
				_, forwards := together[[2]Param{a, b}]
				_, backwards := together[[2]Param{b, a}]
				_, err := q.Parse(values)
				if excludes := forwards || backwards; excludes != (err != nil && strings.Contains(err.Error(), "does not go with")) {
					t.Errorf("%s with %s and %s: %v", q.Name, a, b, err)
				}
			}
		}
	}
}

func TestEveryParameterIsKnown(t *testing.T) {
	forms := []Form{Weights()}
	for _, q := range All() {
		forms = append(forms, q.Form)
	}
	for _, s := range AllSeries() {
		forms = append(forms, s.Form)
	}
	for _, p := range Pictures() {
		forms = append(forms, p.Form)
	}
	for _, f := range forms {
		for _, p := range f.Params() {
			var a Args
			if err := a.parse(p, exampleOf(p)); err != nil || p.Help() == "" {
				t.Errorf("%s: %s: %v", f.Name, p, err)
			}
		}
	}
	var a Args
	if err := a.parse("colour", "red"); err == nil {
		t.Error("an unknown parameter is read")
	}
}

func TestArchitectureAsAnArgument(t *testing.T) {
	for _, test := range []struct {
		f    Form
		arch string
		want Param
		ok   bool
	}{
		{Form{Needs: []Param{Index}}, "11", Index, true},
		{Form{Needs: []Param{Index}}, "|none~0|", Arch, true},
		{Form{Needs: []Param{Arch}}, "11", Arch, true},
		{Form{Needs: []Param{Dataset}}, "11", Arch, false},
	} {
		if got, ok := test.f.ArchParam(test.arch); ok != test.ok || ok && got != test.want {
			t.Errorf("%v of %q: %v, %v", test.f.Needs, test.arch, got, ok)
		}
	}
}
