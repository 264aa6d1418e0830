package bench

import "iter"

// ahead takes the items of a sequence in a goroutine, some items ahead of their
// use.
func ahead[T any](seq iter.Seq2[T, error]) iter.Seq2[T, error] {
	type item struct {
		value T
		err   error
	}
	const items = 8
	return func(yield func(T, error) bool) {
		ch, stop := make(chan item, items), make(chan struct{})
		defer func() {
			close(stop)
			for range ch { // until the goroutine has ended
			}
		}()
		go func() {
			defer close(ch)
			for v, err := range seq {
				select {
				case ch <- item{v, err}:
				case <-stop:
					return
				}
			}
		}()
		for i := range ch {
			if !yield(i.value, i.err) {
				return
			}
		}
	}
}
