package server

import (
	"context"
	"errors"
	"time"

	"cellnet/internal/lru"
)

var errBusy = errors.New("too many walks over all architectures at once, try again")

// walks lets few walks over all architectures go on at once, and keeps the answers
// of those that took long.
type walks struct {
	places  chan struct{} // one is taken by each walk
	answers *lru.Cache[string, []byte]
}

func newWalks() *walks {
	return &walks{make(chan struct{}, maxWalks), lru.New[string, []byte](maxCacheBytes)}
}

// answer gives the kept answer of a key, or else walks, when there is a place for it;
// if there is none for long the error is errBusy. What does not last is not kept.
func (w *walks) answer(ctx context.Context, key string, lasts bool, walk func() ([]byte, error)) ([]byte, error) {
	if text, ok := w.answers.Get(key); ok {
		return text, nil
	}
	done, err := w.wait(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if text, ok := w.answers.Get(key); ok { // while waiting another may have asked the same
		return text, nil
	}
	start := time.Now()
	text, err := walk()
	if err == nil && lasts && time.Since(start) >= worthKeeping {
		w.answers.Put(key, text, len(key)+cap(text))
	}
	return text, err
}

// wait takes a place for a walk, which done gives back; if there is none for long the
// error is errBusy.
func (w *walks) wait(ctx context.Context) (done func(), err error) {
	patience, cancel := context.WithTimeout(ctx, walkPatience)
	defer cancel()
	select {
	case w.places <- struct{}{}:
		return func() { <-w.places }, nil
	case <-patience.Done():
		return nil, errBusy
	}
}
