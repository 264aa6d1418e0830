package record

import "fmt"

// Epoch says which epoch is meant. The zero value is the last one.
type Epoch struct {
	number int
	given  bool
}

// AtEpoch is a given epoch, counted from 0.
func AtEpoch(n int) Epoch { return Epoch{n, true} }

// IsLast reports whether e is the zero value.
func (e Epoch) IsLast() bool { return !e.given }

// of gives the number of the epoch in a training of total epochs.
func (e Epoch) of(total int) (int, error) {
	n := total - 1
	if e.given {
		n = e.number
	}
	if n < 0 || n >= total {
		return 0, fmt.Errorf("epoch %d of a training of %d epochs: %w", n, total, ErrRange)
	}
	return n, nil
}
