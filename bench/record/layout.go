package record

import (
	"fmt"
	"slices"
)

// Layout is the form in which a benchmark is published.
type Layout uint8

const (
	// NASBench201 is a single PyTorch file, NAS-Bench-201-v1_1-096897.pth or
	// v1_0, in the legacy or the zip format.
	NASBench201 Layout = iota
	// NASBench201Archive is a folder of 000157-FULL.pth files with weights, or
	// one of these files.
	NASBench201Archive
	// NATSFile is a single NATS-tss-v1_0-3ffb9.pickle.pbz2.
	NATSFile
	// NATSFolder is a folder NATS-tss-v1_0-3ffb9-simple (or -full, with weights)
	// of one file for each architecture.
	NATSFolder
	// TrialFolder is a folder of trial files, arch-000157-seed-0777.pth, in it or
	// in folders within, or one of these files. Trainings leave them.
	TrialFolder
	// Builtin is the table inside of the program.
	Builtin
	// SizeTrialFolder is one of trial files of the size search space.
	SizeTrialFolder
	// NASLib is a single pickle as NASLib reads it, nb201_cifar10_full_training.pickle,
	// of one training of each architecture on each dataset.
	NASLib
)

// Container is what holds a benchmark.
type Container uint8

// The containers of layouts.
const (
	TorchFile Container = iota + 1 // in one of PyTorch's formats
	Bzip2File                      // a compressed pickle
	Folder                         // a file for each architecture
	PickleFile
)

// layouts are what tells the layouts apart.
var layouts = [...]struct {
	name string
	api  API // of the program that reads it
	// onDemand: the program reads architectures when they are asked for.
	onDemand bool
	// ordered: an architecture's recipes are in an OrderedDict.
	ordered bool
	// listsEvaluated: the file says which architectures are evaluated; in others
	// all are that there are records of.
	listsEvaluated bool
	// anyRecipes: which recipes there are, only the records tell.
	anyRecipes bool
	container  Container // that it is written in; zero if it can't be
}{
	NASBench201:        {name: "nas-bench-201", api: NAS201, listsEvaluated: true, container: TorchFile},
	NASBench201Archive: {name: "nas-bench-201-archive", api: NAS201, ordered: true, container: Folder},
	NATSFile:           {name: "nats-file", api: NATS, ordered: true, listsEvaluated: true, container: Bzip2File},
	NATSFolder:         {name: "nats-folder", api: NATS, onDemand: true, ordered: true, container: Folder},
	TrialFolder:        {name: "trial-files", api: NAS201, ordered: true, listsEvaluated: true, anyRecipes: true},
	Builtin:            {name: "built-in", api: NATS, ordered: true, listsEvaluated: true},
	SizeTrialFolder:    {name: "size-trial-files", api: NATS, ordered: true, listsEvaluated: true, anyRecipes: true},
	NASLib:             {name: "naslib", api: NATS, ordered: true, anyRecipes: true, container: PickleFile},
}

// Layouts lists the layouts in which benchmarks are published.
func Layouts() []Layout {
	var all []Layout
	for l, of := range layouts {
		if of.container != 0 {
			all = append(all, Layout(l))
		}
	}
	return all
}

// ParseLayout reads what String gives.
func ParseLayout(name string) (Layout, error) {
	for l, of := range layouts {
		if of.name == name {
			return Layout(l), nil
		}
	}
	return 0, fmt.Errorf("bench: unknown layout %.40q, want one of %v", name, Layouts())
}

// String gives a name such as "nats-folder".
func (l Layout) String() string {
	if int(l) >= len(layouts) {
		return fmt.Sprintf("Layout(%d)", uint8(l))
	}
	return layouts[l].name
}

// MarshalText gives what String gives.
func (l Layout) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what String gives.
func (l *Layout) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLayout(string(text))
	return err
}

// OfTrials reports whether the files are those that trainings leave.
func (l Layout) OfTrials() bool { return l == TrialFolder || l == SizeTrialFolder }

// Container tells what holds a benchmark in the layout, if it can be written in it.
func (l Layout) Container() Container { return layouts[l].container }

// API tells which published program reads the layout.
func (l Layout) API() API { return layouts[l].api }

// OnDemand reports whether the published program reads architectures when they
// are asked for, and counts those as evaluated that were.
func (l Layout) OnDemand() bool { return layouts[l].onDemand }

// OrderedRecipes reports whether files have an architecture's recipes in an
// OrderedDict.
func (l Layout) OrderedRecipes() bool { return layouts[l].ordered }

// ListsEvaluated reports whether a file says which architectures are evaluated.
func (l Layout) ListsEvaluated() bool { return layouts[l].listsEvaluated }

// FixedHPs are the recipes that the published program knows of, whatever there is;
// nil if it looks which there are.
func (l Layout) FixedHPs() []HP {
	if layouts[l].anyRecipes {
		return nil
	}
	return l.API().RequiredHPs()
}

// Order puts recipes into the order in which the layout's files have them.
func (l Layout) Order(hps []HP) {
	slices.Sort(hps)
	if l.API() == NAS201 {
		slices.Reverse(hps)
	}
}
