package query

import (
	"fmt"
	"slices"
	"strings"

	"cellnet/bench"
	"cellnet/internal/archtable"
)

// Form is what a question takes.
type Form struct {
	Name  string
	Short string  // what it gives
	Needs []Param // Index stands for Index or Arch
	Takes []Param // may be left out
}

// Params lists the parameters of the question.
func (f Form) Params() []Param {
	params := slices.Concat(f.Needs, f.Takes)
	if i := slices.Index(params, Index); i >= 0 {
		params = slices.Insert(params, i+1, Arch)
	}
	return params
}

// ArchParam is the parameter that an architecture, an index or a string, is the
// value of, and false if the question takes none.
func (f Form) ArchParam(arch string) (Param, bool) {
	params := f.Params()
	if !slices.Contains(params, Index) {
		return Arch, slices.Contains(params, Arch)
	}
	return paramOf(arch), true
}

// paramOf tells whether an architecture is named by its index or its string. Six
// digits are more than any index has, and may be a spelling.
func paramOf(arch string) Param {
	const spelled = 6
	if strings.Trim(arch, "0123456789") == "" && len(arch) != spelled {
		return Index
	}
	return Arch
}

// TakesColumns reports whether the columns of a file can be joined, as [Form.ParseWith]
// does.
func (f Form) TakesColumns() bool { return slices.Contains(f.Params(), Max) }

// Parse reads the parameters of the question, which are given by their names.
func (f Form) Parse(values map[string]string) (Args, error) { return f.ParseWith(values, "") }

// ParseWith is Parse with the columns of a file, as package archtable reads them,
// which Max and Device may name. Without the name of a file there are none.
func (f Form) ParseWith(values map[string]string, file string) (Args, error) {
	a := Args{hp: bench.HP12, given: map[Param]bool{}}
	if file != "" {
		if value, ok := values[string(Dataset)]; ok {
			if err := a.parse(Dataset, value); err != nil {
				return Args{}, err
			}
		}
		var err error
		if a.joined, err = archtable.Open(file, a.dataset); err != nil {
			return Args{}, err
		}
	}
	// In the order in which the form lists them, so that of several faults the
	// same one is always told.
	for _, p := range f.Params() {
		value, ok := values[string(p)]
		if !ok {
			continue
		}
		if err := a.parse(p, value); err != nil {
			return Args{}, err
		}
		a.given[p] = true
	}
	if len(a.given) < len(values) {
		return Args{}, f.unknown(values)
	}
	for _, p := range f.Needs {
		if p == Index && a.given[Arch] {
			continue
		}
		if !a.given[p] {
			return Args{}, faulty(p, "missing, want %s", p.want())
		}
	}
	for _, pair := range excluded() {
		if a.given[pair[0]] && a.given[pair[1]] {
			return Args{}, faulty(pair[0], "does not go with %s", pair[1])
		}
	}
	return a, nil
}

func (f Form) unknown(values map[string]string) error {
	var names, strangers []string
	for _, p := range f.Params() {
		names = append(names, string(p))
	}
	for name := range values {
		if !slices.Contains(names, name) {
			strangers = append(strangers, name)
		}
	}
	slices.Sort(strangers)
	return faulty(Param(fmt.Sprintf("%.40q", strangers[0])), "unknown parameter, %s takes %s", f.Name, strings.Join(names, ", "))
}
