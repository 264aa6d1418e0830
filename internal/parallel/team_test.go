package parallel

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// loopers are both ways to divide a loop.
func loopers() map[string]func(int, func(worker, item int)) {
	return map[string]func(int, func(worker, item int)){"For": For, "Team": new(Team).For}
}

// TestEachItemOnce: every item is worked on once, by one of as many workers as
// there are processors, and no two of these at a time have the same number.
func TestEachItemOnce(t *testing.T) {
	for name, loop := range loopers() {
		for _, processors := range []int{1, 2, 3, 8} {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
			for _, n := range []int{0, 1, 2, 7, 1000} {
				for range 50 {
					done := make([]atomic.Int32, n)
					busy := make([]atomic.Bool, Workers(n))
					loop(n, func(worker, item int) {
						if busy[worker].Swap(true) {
							t.Errorf("%s: two workers with number %d", name, worker)
						}
						done[item].Add(1)
						busy[worker].Store(false)
					})
					for i := range done {
						if times := done[i].Load(); times != 1 {
							t.Fatalf("%s of %d on %d processors: item %d was done %d times", name, n, processors, i, times)
						}
					}
				}
			}
		}
	}
}

// TestResultsAreVisible: what the workers wrote is there when the loop returns.
func TestResultsAreVisible(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for name, loop := range loopers() {
		sums := make([]int, 100)
		for range 200 {
			loop(len(sums), func(_, item int) { sums[item] += item })
		}
		for i, v := range sums {
			if v != 200*i {
				t.Fatalf("%s: item %d has %d, want %d", name, i, v, 200*i)
			}
		}
	}
}

// TestTeamRests: workers end when there is nothing to do, and come back.
func TestTeamRests(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	var team Team
	for range 3 {
		var done atomic.Int32
		team.For(100, func(_, _ int) { done.Add(1) })
		if done.Load() != 100 {
			t.Fatalf("%d items done, want 100", done.Load())
		}
		for team.awake.Load() > 0 {
			time.Sleep(patience)
		}
	}
}

func BenchmarkLoops(b *testing.B) {
	for name, loop := range loopers() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				loop(runtime.GOMAXPROCS(0), func(_, _ int) {})
			}
		})
	}
}
