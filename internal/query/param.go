package query

import (
	"fmt"
	"math"
	"strconv"

	"cellnet/bench"
	"cellnet/bench/builtin"
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
	Max       Param = "max"        // limits of costs on devices
	Device    Param = "device"     // a cost on a device
)

// param is all about a parameter but its place in [Args].
type param struct {
	help   string
	value  string   // names the value in messages, where help doesn't
	words  []string // the values that it takes, if they are few
	isBool bool
	read   func(a *Args, value string) error
}

// of tells about a parameter; read is nil of one that there is not.
func (p Param) of() param {
	whole := func(into func(*Args) *int) func(*Args, string) error {
		return func(a *Args, value string) (err error) {
			*into(a), err = whole(p, value, math.MaxInt32)
			return err
		}
	}
	number := func(into func(*Args) *bench.Number) func(*Args, string) error {
		return func(a *Args, value string) (err error) {
			*into(a), err = limit(p, value)
			return err
		}
	}
	switch p {
	case Index:
		return param{help: "index of an architecture", value: "the index or the string of an architecture", read: whole(func(a *Args) *int { return &a.index })}
	case Arch:
		return param{help: "string of an architecture, instead of its index", value: "the string of an architecture", read: func(a *Args, value string) error {
			a.arch = value
			return nil
		}}
	case Dataset:
		return param{
			help:  "cifar10-valid, cifar10, cifar100 or ImageNet16-120",
			words: []string{"cifar10-valid", "cifar10", "cifar100", "ImageNet16-120"},
			read: func(a *Args, value string) (err error) {
				if a.dataset, err = data.ResolveDataset(value); err != nil || a.dataset == data.Synthetic || a.dataset == data.Folder {
					return faulty(p, "unknown dataset %q, want %s", value, p.Help())
				}
				return nil
			},
		}
	case Set:
		return param{
			help:  "valid, test, train, x-valid, x-test or ori-test",
			words: []string{"valid", "test", "train", "x-valid", "x-test", "ori-test"},
			read: func(a *Args, value string) error {
				a.set = value
				if _, _, bad := bench.SetByWord(data.CIFAR100, value); bad != nil {
					return faulty(p, "unknown set %q, want %s", value, p.Help())
				}
				return nil
			},
		}
	case HP:
		return param{
			help:  "recipe by its epochs: 12 or 200; in the size search space 01, 12 or 90 (default 12)",
			words: []string{"12", "200", "01", "90"},
			read: func(a *Args, value string) (err error) {
				if a.hp, err = bench.ParseHP(value); err != nil {
					return faulty(p, "unknown recipe %q, want 01, 12, 90 or 200", value)
				}
				return nil
			},
		}
	case Epoch:
		return param{help: "epoch, counted from 0 (default: the last)", read: func(a *Args, value string) error {
			var n int
			err := whole(func(*Args) *int { return &n })(a, value)
			a.epoch = bench.AtEpoch(n)
			return err
		}}
	case Seed:
		return param{help: "take the trial with this seed", value: "the seed of a trial", read: whole(func(a *Args) *int { return &a.seed })}
	case Random:
		return param{help: "take a trial drawn by Python's generator with this seed", value: "a seed of Python's generator", read: func(a *Args, value string) (err error) {
			if a.random, err = strconv.ParseUint(value, 10, 63); err != nil {
				return faulty(p, "%q is no whole number from 0 to 2^63-1", value)
			}
			return nil
		}}
	case Mean:
		return param{help: "take the mean over all trials (the default)", isBool: true, read: func(_ *Args, value string) error {
			if value != "true" {
				return faulty(p, "%q is not \"true\"", value)
			}
			return nil
		}}
	case MaxFLOPs:
		return param{help: "at most so many FLOPs, in millions", read: number(func(a *Args) *bench.Number { return &a.maxFLOPs })}
	case MaxParams:
		return param{help: "at most so many parameters, in millions", read: number(func(a *Args) *bench.Number { return &a.maxParams })}
	case Limit:
		return param{help: "at most so many answers", read: whole(func(a *Args) *int { return &a.limit })}
	case Max:
		return param{
			help: "at most so much on devices, in ms or mJ, such as raspi4_latency=12,fpga_energy=30",
			read: func(a *Args, value string) (err error) {
				a.max, err = a.parseLimits(value)
				return err
			},
		}
	case Device:
		var names []string
		for _, d := range builtin.Devices() {
			names = append(names, d.String())
		}
		return param{
			help:  "cost on a device that is looked at, such as raspi4_latency (ms) or edgegpu_energy (mJ)",
			words: names,
			read: func(a *Args, value string) (err error) {
				if a.device, err = a.extraCost(value); err != nil {
					return faulty(p, "%v", err)
				}
				return nil
			},
		}
	}
	return param{}
}

// excluded lists pairs of parameters that don't go together.
func excluded() [][2]Param {
	return [][2]Param{{Index, Arch}, {Seed, Random}, {Mean, Seed}, {Mean, Random}}
}

// Help describes a parameter in a line.
func (p Param) Help() string { return p.of().help }

// want names the value in messages.
func (p Param) want() string {
	of := p.of()
	if of.value != "" {
		return of.value
	}
	return of.help
}

// Words lists the values that a parameter takes, if they are few.
func (p Param) Words() []string { return p.of().words }

// IsBool tells whether a parameter is given or not, its only value being "true".
func (p Param) IsBool() bool { return p.of().isBool }

// longestValue is the length of the longest value that is looked at: spellings of
// the benchmark's cells are shorter.
const longestValue = 1024

// Error is a fault in a parameter.
type Error struct {
	Param  Param
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Param, e.Reason) }

func faulty(p Param, format string, args ...any) error {
	return &Error{p, fmt.Sprintf(format, args...)}
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
