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
	// ErrSizes: trials of one network differ in its FLOPs or parameters. It is an
	// ErrMixed.
	ErrSizes = fmt.Errorf("sizes of one network: %w", ErrMixed)
	// ErrSpace: two files that should be of one search space are of different
	// ones.
	ErrSpace = errors.New("different search spaces")
)
