package source

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"cellnet/bench/record"
	"cellnet/data"
	"cellnet/internal/pickle"
	"cellnet/weights"
)

// Records is where whole records come from. Its methods may be called by several
// goroutines.
type Records interface {
	// ArchStrings gives the strings of the search space.
	ArchStrings() ([]string, error)
	// Indexes lists the architectures that there are records of, in the order
	// of the file.
	Indexes() []int
	// Has tells whether an architecture is one of Indexes.
	Has(index int) bool
	// Evaluated lists those that the file calls evaluated, lowest first.
	Evaluated() ([]int, error)
	// Architecture reads the record of an architecture; ErrNotStored if it is none
	// of Indexes.
	Architecture(index int) (*record.Architecture, error)
	// Root gives the entries of the file's root, with nil in the places of the
	// records and of the search space, or nil if there is no root.
	Root() (*pickle.Dict, error)
	// Weights opens the file with the weights of an architecture's trial, and says
	// where in it they are; ErrNoWeights if there is none.
	Weights(index int, hp record.HP, t *record.Trial) (*weights.File, weights.Selector, error)
	io.Closer
}

// Source is a place of records that may give parts of them without reading all.
// FromRecords makes one of any Records; another embeds that and has better methods.
type Source interface {
	Records
	// All reads all records in the order of the file.
	All() iter.Seq2[*record.Architecture, error]
	// HPs lists the recipes of an architecture in the order of the file.
	HPs(index int) ([]record.HP, error)
	// Trials gives an architecture's trials, in the order of their seeds, with the
	// wanted parts or more.
	Trials(index int, q Query) ([]*record.Trial, error)
	// Snapshots gives an architecture's trials at an epoch.
	Snapshots(index int, q Query) (record.Snapshots, error)
	// AllSnapshots gives those of all architectures, in the order of Indexes. An
	// error is one of the architecture that comes with it.
	AllSnapshots(q Query) iter.Seq2[record.Snapshots, error]
}

// Query says what is wanted of architectures.
type Query struct {
	Dataset data.Dataset
	HP      record.HP
	Parts   Parts        // of trials
	Epoch   record.Epoch // of snapshots
	// Only is the one set that a snapshot's metrics are wanted of, besides which
	// sets are recorded and timed; zero stands for all sets.
	Only data.Set
}

// Parts says what of a trial is wanted besides which one it is, its network, its
// size and its sets.
type Parts uint8

const (
	Latencies Parts = 1 << iota
	Scores          // losses and accuracies
	Seconds
	AllParts = Latencies | Scores | Seconds
)

var (
	// ErrNotStored is returned for architectures that there are no records of.
	ErrNotStored = errors.New("not stored")
	// ErrNoWeights is returned by a source that keeps none.
	ErrNoWeights = fmt.Errorf("no weights are kept: %w", record.ErrMissing)
)

// NoFile has the methods of Records that only files of the published programs have
// something to say to.
type NoFile struct{}

// Root gives nil.
func (NoFile) Root() (*pickle.Dict, error) { return nil, nil }

// Weights gives ErrNoWeights.
func (NoFile) Weights(int, record.HP, *record.Trial) (*weights.File, weights.Selector, error) {
	return nil, weights.Selector{}, ErrNoWeights
}

// Close does nothing.
func (NoFile) Close() error { return nil }

// Contents is all that a benchmark holds, but for trained weights.
type Contents struct {
	Name        string // of the benchmark
	Layout      record.Layout
	ArchStrings []string
	Root        *pickle.Dict // as Records.Root gives it, of a file of the layout
	All         iter.Seq2[*record.Architecture, error]
}
