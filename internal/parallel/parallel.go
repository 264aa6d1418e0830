// Package parallel divides loops over the processors.
package parallel

import "runtime"

// Workers is the number of goroutines that [For] uses for n items.
func Workers(n int) int { return max(1, min(n, runtime.GOMAXPROCS(0))) }

// For calls f once for every item in 0..n-1 and returns when all calls have.
// Calls with different workers (0..Workers(n)-1) run at the same time, in no
// order: results that are to be the same for any number of workers must depend
// on the item alone.
func For(n int, f func(worker, item int)) { new(Team).For(n, f) }
