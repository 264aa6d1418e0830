package bench

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
)

var layoutNames = [...]string{"nas-bench-201", "nas-bench-201-archive", "nats-file", "nats-folder", "trial-files"}

// Layouts lists the layouts that [Export] writes.
func Layouts() []Layout { return []Layout{NASBench201, NASBench201Archive, NATSFile, NATSFolder} }

// ParseLayout reads what String gives.
func ParseLayout(name string) (Layout, error) {
	if i := slices.Index(layoutNames[:], name); i >= 0 {
		return Layout(i), nil
	}
	return 0, fmt.Errorf("bench: unknown layout %.40q, want one of %v", name, Layouts())
}

// String gives a name such as "nats-folder".
func (l Layout) String() string {
	if int(l) >= len(layoutNames) {
		return fmt.Sprintf("Layout(%d)", uint8(l))
	}
	return layoutNames[l]
}

// MarshalText gives what String gives.
func (l Layout) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what String gives.
func (l *Layout) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLayout(string(text))
	return err
}

// API tells which published program reads the layout.
func (l Layout) API() API {
	if l == NATSFile || l == NATSFolder {
		return NATS
	}
	return NAS201
}

// onDemand reports whether the published program reads architectures when they
// are asked for, and counts those as evaluated that were.
func (l Layout) onDemand() bool { return l == NATSFolder }
