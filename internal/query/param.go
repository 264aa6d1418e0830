package query

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cellnet/bench"
	"cellnet/data"
)

// Param names a parameter.
type Param string

// The parameters.
const (
	Index     Param = "index"      // number of an architecture
	Arch      Param = "arch"       // string of an architecture, instead of its number
	Dataset   Param = "dataset"    // key of a dataset
	Set       Param = "set"        // name of a set, or "valid" or "test"
	HP        Param = "hp"         // recipe, 12 if it isn't given
	Epoch     Param = "epoch"      // counted from 0; the last one if it isn't given
	Seed      Param = "seed"       // of the trial
	Random    Param = "random"     // seed of the generator that draws a trial
	Mean      Param = "mean"       // true: the mean over all trials, as without it
	MaxFLOPs  Param = "max-flops"  // in millions
	MaxParams Param = "max-params" // in millions
	Limit     Param = "limit"      // number of answers
)

// Help describes a parameter in a line.
func (p Param) Help() string {
	switch p {
	case Index:
		return "index of an architecture"
	case Arch:
		return "string of an architecture, instead of its index"
	case Dataset:
		return "cifar10-valid, cifar10, cifar100 or ImageNet16-120"
	case Set:
		return "valid, test, train, x-valid, x-test or ori-test"
	case HP:
		return "recipe by its epochs: 12 or 200; in the size search space 01, 12 or 90 (default 12)"
	case Epoch:
		return "epoch, counted from 0 (default: the last)"
	case Seed:
		return "take the trial with this seed"
	case Random:
		return "take a trial drawn by Python's generator with this seed"
	case Mean:
		return "take the mean over all trials (the default)"
	case MaxFLOPs:
		return "at most so many FLOPs, in millions"
	case MaxParams:
		return "at most so many parameters, in millions"
	case Limit:
		return "at most so many answers"
	}
	return ""
}

// Words lists the values that a parameter takes, if they are few.
func (p Param) Words() []string {
	switch p {
	case Dataset:
		return []string{"cifar10-valid", "cifar10", "cifar100", "ImageNet16-120"}
	case Set:
		return []string{"valid", "test", "train", "x-valid", "x-test", "ori-test"}
	case HP:
		return []string{"12", "200", "01", "90"}
	}
	return nil
}

// longestValue is the length of the longest value that is looked at: arch strings
// have 105 characters at most.
const longestValue = 256

// Error is a fault in a parameter.
type Error struct {
	Param  Param
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Param, e.Reason) }

func faulty(p Param, format string, args ...any) error {
	return &Error{p, fmt.Sprintf(format, args...)}
}

// Args are the parameters of a query after they were read.
type Args struct {
	index   int
	arch    string
	given   map[Param]bool
	dataset data.Dataset
	set     string
	hp      bench.HP
	epoch   bench.Epoch
	seed    int
	random  uint64

	maxFLOPs, maxParams bench.Number
	limit               int
}

// parse reads the value of a parameter.
func (a *Args) parse(p Param, value string) (err error) {
	if len(value) > longestValue {
		return faulty(p, "%d characters are too many, want at most %d", len(value), longestValue)
	}
	switch p {
	case Index:
		a.index, err = whole(p, value, math.MaxInt32)
	case Arch:
		a.arch = value
	case Dataset:
		if a.dataset, err = data.ParseDataset(value); err != nil || a.dataset == data.Synthetic {
			return faulty(p, "unknown dataset %q, want %s", value, p.Help())
		}
	case Set:
		a.set = value
		if _, _, bad := bench.SetByWord(data.CIFAR100, value); bad != nil {
			return faulty(p, "unknown set %q, want %s", value, p.Help())
		}
	case HP:
		if a.hp, err = bench.ParseHP(value); err != nil {
			return faulty(p, "unknown recipe %q, want 01, 12, 90 or 200", value)
		}
	case Epoch:
		var n int
		n, err = whole(p, value, math.MaxInt32)
		a.epoch = bench.AtEpoch(n)
	case Seed:
		a.seed, err = whole(p, value, math.MaxInt32)
	case Random:
		if a.random, err = strconv.ParseUint(value, 10, 63); err != nil {
			return faulty(p, "%q is no whole number from 0 to 2^63-1", value)
		}
	case Mean:
		if value != "true" {
			return faulty(p, "%q is not \"true\"", value)
		}
	case MaxFLOPs:
		a.maxFLOPs, err = limit(p, value)
	case MaxParams:
		a.maxParams, err = limit(p, value)
	case Limit:
		a.limit, err = whole(p, value, math.MaxInt32)
	default:
		return faulty(p, "unknown parameter")
	}
	return err
}

// ParamOf tells whether an architecture is named by its index or its string.
func ParamOf(arch string) Param {
	if strings.Trim(arch, "0123456789") == "" {
		return Index
	}
	return Arch
}

func whole(p Param, value string, most int) (int, error) {
	n, err := strconv.ParseUint(value, 10, 63)
	if err != nil || n > uint64(most) {
		return 0, faulty(p, "%q is no whole number from 0 to %d", value, most)
	}
	return int(n), nil
}

func limit(p Param, value string) (bench.Number, error) {
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return bench.Number{}, faulty(p, "%q is no number from 0 on", value)
	}
	return bench.Number{Value: v, OK: true}, nil
}

// Parse reads the parameters of the query, which are given by their names.
func (q *Query) Parse(values map[string]string) (Args, error) {
	a := Args{hp: bench.HP12, given: map[Param]bool{}}
	// In the order in which the query lists them, so that of several faults the
	// same one is always told.
	for _, p := range q.Params() {
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
		return Args{}, q.unknown(values)
	}
	for _, p := range q.Needs {
		if p == Index && a.given[Arch] {
			continue
		}
		if !a.given[p] {
			return Args{}, faulty(p, "missing, want %s", p.Help())
		}
	}
	for _, pair := range [][2]Param{{Index, Arch}, {Seed, Random}, {Mean, Seed}, {Mean, Random}} {
		if a.given[pair[0]] && a.given[pair[1]] {
			return Args{}, faulty(pair[0], "does not go with %s", pair[1])
		}
	}
	return a, nil
}

func (q *Query) unknown(values map[string]string) error {
	var names, strangers []string
	for _, p := range q.Params() {
		names = append(names, string(p))
	}
	for name := range values {
		if !slices.Contains(names, name) {
			strangers = append(strangers, name)
		}
	}
	slices.Sort(strangers)
	return faulty(Param(fmt.Sprintf("%.40q", strangers[0])), "unknown parameter, %s takes %s", q.Name, strings.Join(names, ", "))
}

// choice is the choice among trials that is asked for.
func (a Args) choice() bench.Choice {
	switch {
	case a.given[Seed]:
		return bench.OfSeed(a.seed)
	case a.given[Random]:
		return bench.OfRandomTrial(newRandom(a.random))
	}
	return bench.MeanOfTrials()
}

// at gives the index of the architecture that is asked for.
func (a Args) at(b *bench.Benchmark) (int, error) {
	if !a.given[Arch] {
		return a.index, nil
	}
	index, found, err := b.IndexOf(a.arch)
	if err == nil && !found {
		err = fmt.Errorf("architecture %q is not in the search space: %w", a.arch, bench.ErrMissing)
	}
	return index, err
}
