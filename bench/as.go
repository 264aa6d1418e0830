package bench

import "slices"

// As gives the benchmark as the program of another layout has it: the same records,
// with the other's answers, and all of them evaluated at once or each when it is
// asked for. Both share their files, which closing either closes.
func (b *Benchmark) As(l Layout) *Benchmark {
	other := newBenchmark(b.name, l, b.source)
	other.close = b.Close
	if !b.layout.ListsEvaluated() {
		stored := b.Stored()
		other.evaluated = func() ([]int, error) { return slices.Clone(stored), nil }
	}
	return other
}

// Name is that of the file or folder.
func (b *Benchmark) Name() string { return b.name }
