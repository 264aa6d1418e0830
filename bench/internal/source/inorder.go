package source

import (
	"iter"
	"runtime"
)

// InOrder gives the items 0 to n-1 in order. get makes them on all processors,
// some ahead of their use; it is not called any more when the walk has ended.
func InOrder[T any](n int, get func(i int) (T, error)) iter.Seq2[T, error] {
	return inOrder(n, runtime.GOMAXPROCS(0), get)
}

// inOrder makes about as many items at once as there are processors.
func inOrder[T any](n, processors int, get func(i int) (T, error)) iter.Seq2[T, error] {
	type result struct {
		value T
		err   error
	}
	return func(yield func(T, error) bool) {
		queue, stop := make(chan chan result, processors), make(chan struct{})
		go func() {
			defer close(queue)
			for i := range n {
				c := make(chan result, 1)
				select {
				case queue <- c:
				case <-stop:
					return
				}
				go func() {
					value, err := get(i)
					c <- result{value, err}
				}()
			}
		}()
		defer func() {
			close(stop)
			for c := range queue {
				<-c
			}
		}()
		for c := range queue {
			if r := <-c; !yield(r.value, r.err) {
				return
			}
		}
	}
}
