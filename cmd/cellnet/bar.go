package main

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// bar shows how far a long work is: a progress bar on a terminal, a line now
// and then elsewhere.
type bar struct {
	a        *app
	title    string
	unit     string
	total    int64
	done     int64
	terminal *progressbar.ProgressBar
	next     time.Time
}

// lineEvery is the time between two lines where there is no terminal.
const lineEvery = 10 * time.Second

// newBar begins to show a work of total units.
func (a *app) newBar(total int64, title, unit string) *bar {
	b := &bar{a: a, title: title, unit: unit, total: total, next: time.Now().Add(lineEvery)}
	if file, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		b.terminal = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(file), progressbar.OptionSetDescription(title),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(unit),
			progressbar.OptionShowBytes(unit == "B"), progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	return b
}

// add moves on by n units.
func (b *bar) add(n int) { b.set(b.done + int64(n)) }

// set moves to a place.
func (b *bar) set(done int64) {
	b.done = done
	switch {
	case b.terminal != nil:
		// What a terminal can't show doesn't matter.
		_ = b.terminal.Set64(done)
	case time.Now().After(b.next):
		b.next = time.Now().Add(lineEvery)
		fmt.Fprintf(b.a.stderr, "%s: %d of %d %s\n", b.title, done, b.total, b.unit)
	}
}

// describe changes the title.
func (b *bar) describe(title string) {
	b.title = title
	if b.terminal != nil {
		b.terminal.Describe(title)
	}
}

// finish removes the bar.
func (b *bar) finish() {
	if b.terminal != nil {
		_ = b.terminal.Clear()
	}
}
