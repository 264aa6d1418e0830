package server

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestFewWalksAtOnce has many ask at once for walks that take most of what clients
// wait for a place: those that find one are answered, and all others are refused.
func TestFewWalksAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const clients, takes = 200, walkPatience - time.Second
		w := newWalks()
		now, most := 0, 0
		counts := make(chan int, 1) // of the walks that go on, so that one changes them at a time
		counts <- 0
		count := func(by int) {
			<-counts
			now += by
			most = max(most, now)
			counts <- 0
		}
		errs := make(chan error, clients)
		for i := range clients {
			go func() {
				_, err := w.answer(t.Context(), fmt.Sprint(i), true, func() ([]byte, error) {
					count(1)
					defer count(-1)
					time.Sleep(takes)
					return nil, nil
				})
				errs <- err
			}()
		}
		answered := 0
		for range clients {
			if err := <-errs; err == nil {
				answered++
			} else if !errors.Is(err, errBusy) {
				t.Errorf("error %v, want %v", err, errBusy)
			}
		}
		if most != maxWalks {
			t.Errorf("%d walks at once, want %d", most, maxWalks)
		}
		if answered != 2*maxWalks { // some at once, and as many in the places that they left
			t.Errorf("%d clients are answered, want %d", answered, 2*maxWalks)
		}
	})
}

// TestAnswersAreKept asks several times, one after the other and at once.
func TestAnswersAreKept(t *testing.T) {
	failed := errors.New("failed")
	for _, c := range []struct {
		name  string
		lasts bool
		takes time.Duration
		err   error
		want  int // walks for three times the same
	}{
		{"long", true, worthKeeping, nil, 1},
		{"short", true, worthKeeping - 1, nil, 3},
		{"of a moment", false, worthKeeping, nil, 3},
		{"failed", true, worthKeeping, failed, 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWalks()
			walked := 0
			ask := func(key string) {
				text, err := w.answer(t.Context(), key, c.lasts, func() ([]byte, error) {
					walked++
					time.Sleep(c.takes)
					return []byte("of " + key), c.err
				})
				if string(text) != "of "+key || err != c.err {
					t.Errorf("%s: %q, %v", c.name, text, err)
				}
			}
			for range 3 {
				ask("one")
			}
			if walked != c.want {
				t.Errorf("%s: %d walks, want %d", c.name, walked, c.want)
			}
			if ask("two"); walked != c.want+1 {
				t.Errorf("%s: another question is answered without a walk", c.name)
			}
		})
	}
}

// TestWaitingForTheSameAnswer fills all places but one with other walks: who waits
// takes what the one before him found.
func TestWaitingForTheSameAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWalks()
		for range maxWalks - 1 {
			w.places <- struct{}{}
		}
		walked := 0
		answers := make(chan string, 2)
		for range cap(answers) {
			go func() {
				text, err := w.answer(t.Context(), "one", true, func() ([]byte, error) {
					walked++
					time.Sleep(time.Second)
					return []byte("answer"), nil
				})
				if err != nil {
					t.Error(err)
				}
				answers <- string(text)
			}()
		}
		for range cap(answers) {
			if text := <-answers; text != "answer" {
				t.Errorf("answer %q", text)
			}
		}
		if walked != 1 {
			t.Errorf("%d walks, want 1", walked)
		}
	})
}
