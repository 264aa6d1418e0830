package record

import (
	"errors"
	"fmt"
)

// Errors of queries. Those that the functions return say more and wrap one of
// these.
var (
	// ErrRange: there is no such architecture or epoch.
	ErrRange = errors.New("out of range")
	// ErrMissing: the benchmark has no such record, recipe, dataset, trial, set
	// or value.
	ErrMissing = errors.New("not recorded")
	// ErrMixed: trials that should be averaged differ in what they recorded.
	ErrMixed = errors.New("trials differ")
	// ErrNoRecord: there is no record of an architecture. It is an ErrMissing.
	ErrNoRecord = fmt.Errorf("%w", ErrMissing)
	// ErrNoRecipe: an architecture has no results by a recipe. It is an ErrMissing.
	ErrNoRecipe = fmt.Errorf("%w", ErrMissing)
	// ErrNoSeed: there are trials, but none with a seed. It is an ErrMissing.
	ErrNoSeed = fmt.Errorf("%w", ErrMissing)
	// ErrSizes: trials of one network differ in its FLOPs or parameters. It is an
	// ErrMixed.
	ErrSizes = fmt.Errorf("%w", ErrMixed)
	// ErrSpace: two files that should be of one search space are of different
	// ones.
	ErrSpace = errors.New("different search spaces")
)
