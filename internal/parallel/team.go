package parallel

import (
	"runtime"
	"sync/atomic"
	"time"
)

// patience is how long a worker of a [Team] looks out for the next loop before
// it ends. Waking a processor takes a tenth of that, and the loops of a network
// follow one another faster.
const patience = time.Millisecond

// Team divides the loops of one caller, one at a time, as [For] does. Between
// loops that follow one another closely its workers stay awake. The zero value
// is ready for use and nothing needs to be closed.
type Team struct {
	loop  atomic.Pointer[loop]
	awake atomic.Int64 // workers
}

// loop is one loop under way.
type loop struct {
	items   int64
	workers int64
	do      func(worker, item int)

	next   atomic.Int64 // item
	joined atomic.Int64 // workers, ever
	state  atomic.Int64 // workers at work, or closed
}

// closed is the state of a loop whose items have all been taken by workers that
// are done. It is negative whatever number of workers tries to join.
const closed = -1 << 62

// For calls f as the function [For] does.
func (t *Team) For(n int, f func(worker, item int)) {
	workers := Workers(n)
	if workers == 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	l := &loop{items: int64(n), workers: int64(workers), do: f}
	l.joined.Store(1)
	l.state.Store(1)
	t.loop.Store(l)
	for t.awake.Load() < l.workers-1 {
		t.awake.Add(1)
		go t.work()
	}
	l.run(0)
	l.state.Add(-1)
	for !soon(func() bool { return l.state.Load() == 0 && l.state.CompareAndSwap(0, closed) }) {
	}
	t.loop.Store(nil)
}

// join returns the number of a new worker, or false if there is no need of one.
func (l *loop) join() (worker int, ok bool) {
	if l.state.Add(1) <= 0 || l.next.Load() >= l.items {
		l.state.Add(-1)
		return 0, false
	}
	number := l.joined.Add(1) - 1
	if number >= l.workers {
		l.state.Add(-1)
		return 0, false
	}
	return int(number), true
}

// run works on items while there are any.
func (l *loop) run(worker int) {
	for {
		i := l.next.Add(1) - 1
		if i >= l.items {
			return
		}
		l.do(worker, int(i))
	}
}

// work joins loops until there has been none for a while.
func (t *Team) work() {
	defer t.awake.Add(-1)
	var last *loop
	for {
		since := time.Now()
		for !soon(func() bool { l := t.loop.Load(); return l != nil && l != last }) {
			if time.Since(since) > patience {
				return
			}
		}
		if last = t.loop.Load(); last == nil {
			continue
		}
		if worker, ok := last.join(); ok {
			last.run(worker)
			last.state.Add(-1)
		}
	}
}

// soon looks some times whether something is so. If it isn't, others have the
// processor for a moment; that takes the scheduler's lock and must be rare.
func soon(so func() bool) bool {
	for range 100 {
		if so() {
			return true
		}
	}
	runtime.Gosched()
	return false
}
