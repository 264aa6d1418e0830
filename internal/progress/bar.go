package progress

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Bar shows how far work of a known number of units is.
type Bar struct {
	out      io.Writer
	title    string
	unit     string
	total    int64
	done     int64
	terminal *progressbar.ProgressBar
	next     time.Time
}

// barPause is the time between two lines where there is no terminal.
const barPause = 10 * time.Second

// NewBar begins to show work of total units, such as "images", on out.
func NewBar(out io.Writer, total int64, title, unit string) *Bar {
	b := &Bar{out: out, title: title, unit: unit, total: total, next: time.Now().Add(barPause)}
	if isTerminal(out) {
		b.terminal = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(title),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(unit),
			progressbar.OptionShowBytes(unit == "B"), progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	return b
}

// Add moves on by n units.
func (b *Bar) Add(n int) { b.Set(b.done + int64(n)) }

// Set moves to a number of units.
func (b *Bar) Set(done int64) {
	b.done = done
	switch {
	case b.terminal != nil:
		// What a terminal can't show doesn't matter.
		_ = b.terminal.Set64(done)
	case time.Now().After(b.next):
		b.next = time.Now().Add(barPause)
		fmt.Fprintf(b.out, "%s: %d of %d %s\n", b.title, done, b.total, b.unit)
	}
}

// Describe changes the title.
func (b *Bar) Describe(title string) {
	b.title = title
	if b.terminal != nil {
		b.terminal.Describe(title)
	}
}

// Finish removes the bar.
func (b *Bar) Finish() {
	if b.terminal != nil {
		_ = b.terminal.Clear()
	}
}
