// Package progress shows how far long work is: a bar on a terminal, plain lines
// now and then elsewhere.
package progress

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// display shows a text that changes and a fraction of work that is done.
type display struct {
	out      io.Writer
	bar      *progressbar.ProgressBar // nil where there is no terminal
	nextLine time.Time
}

// barParts is into how many the bar is divided.
const barParts = 10000

// linePause is the time between two lines where there is no terminal.
const linePause = time.Minute

func newDisplay(out io.Writer) display {
	d := display{out: out, nextLine: time.Now().Add(linePause)}
	if isTerminal(out) {
		d.bar = progressbar.NewOptions(barParts,
			progressbar.OptionSetWriter(out), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	return d
}

// show shows a text; where it is a line, more follows.
func (d *display) show(fraction float64, text, more string) {
	switch {
	case d.bar != nil:
		d.bar.Describe(text)
		// What a terminal can't show doesn't matter.
		_ = d.bar.Set(int(fraction * barParts))
	case time.Now().After(d.nextLine):
		d.nextLine = time.Now().Add(linePause)
		fmt.Fprintln(d.out, text+more)
	}
}

// print prints a line that stays.
func (d *display) print(line string) {
	d.Clear()
	d.nextLine = time.Now().Add(linePause)
	fmt.Fprintln(d.out, line)
}

// Clear removes the bar until it is shown again.
func (d *display) Clear() {
	if d.bar != nil {
		_ = d.bar.Clear()
	}
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// Duration writes a time rounded to what matters: 12s, 3m20s, 5h10m, 3d4h.
func Duration(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Round(time.Second).Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < day:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
}
