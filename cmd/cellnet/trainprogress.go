package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"cellnet/train"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// trainProgress shows how far a training is: a bar on a terminal; elsewhere a line
// an epoch, and one a minute within long epochs.
type trainProgress struct {
	a        *app
	title    string // before all, such as "arch 157, "; may be empty
	pace     pace
	loss     float64 // mean of the epoch so far
	bar      *progressbar.ProgressBar
	nextLine time.Time
}

// parts is into how many the bar is divided.
const parts = 10000

// linePause is the time between two lines within an epoch.
const linePause = time.Minute

func (a *app) newTrainProgress(title string, epochs int, d *train.Data) *trainProgress {
	now := time.Now()
	p := &trainProgress{a: a, title: title, nextLine: now.Add(linePause)}
	p.pace = pace{epochs: epochs, trainImages: d.Train.Len(), beganWorking: now}
	for _, e := range d.Evaluations {
		p.pace.evalImages += e.Images.Len()
	}
	if file, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		p.bar = progressbar.NewOptions(parts,
			progressbar.OptionSetWriter(file), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	return p
}

// begin tells where a resumed training goes on.
func (p *trainProgress) begin(epoch, images int) {
	p.pace.epoch, p.pace.trainDone, p.pace.beganWorking = epoch, images, time.Now()
}

func (p *trainProgress) onStep(s train.Progress) {
	p.pace.trained(s.Epoch, s.Images, time.Now())
	p.loss = s.MeanLoss
	p.show(fmt.Sprintf("step %d of %d", s.Step, s.Steps))
}

func (p *trainProgress) onEvaluation(e train.EvaluationProgress) {
	p.pace.evaluated(e.Epoch, e.Images, time.Now())
	p.show(fmt.Sprintf("evaluated %d of %d of %v", e.Done, e.Total, e.Set))
}

func (p *trainProgress) show(position string) {
	epoch, all := p.pace.left()
	text := fmt.Sprintf("%sepoch %d/%d, loss %.4f, %.0f images/s, left %s of %s",
		p.title, p.pace.epoch+1, p.pace.epochs, p.loss, p.pace.train.rate(), shortDuration(epoch), shortDuration(all))
	switch {
	case p.bar != nil:
		p.bar.Describe(text)
		// What a terminal can't show doesn't matter.
		_ = p.bar.Set(int(p.pace.fraction() * parts))
	case time.Now().After(p.nextLine):
		p.nextLine = time.Now().Add(linePause)
		fmt.Fprintf(p.a.stderr, "%s (%s)\n", text, position)
	}
}

// onEpoch prints a line on an epoch that is done.
func (p *trainProgress) onEpoch(e train.Epoch) {
	p.clear()
	p.nextLine = time.Now().Add(linePause)
	var b strings.Builder
	fmt.Fprintf(&b, "%sepoch %d/%d: rate %.4f, training loss %.4f top-1 %.2f %%", p.title, e.Epoch+1, p.pace.epochs, e.Rate, e.Train.Loss, e.Train.Top1)
	for _, evaluation := range e.Evaluations {
		fmt.Fprintf(&b, ", %v loss %.4f top-1 %.2f %%", evaluation.Set, evaluation.Loss, evaluation.Top1)
	}
	fmt.Fprintf(&b, ", %.0f images/s", float64(e.Train.N)/e.Train.Seconds)
	if _, all := p.pace.left(); e.Epoch+1 < p.pace.epochs {
		fmt.Fprintf(&b, ", %s left", shortDuration(all))
	}
	fmt.Fprintln(p.a.stderr, b.String())
}

// clear removes the bar until it is shown again.
func (p *trainProgress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

// shortDuration rounds to what matters: 12s, 3m20s, 5h10m, 3d4h.
func shortDuration(d time.Duration) string {
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

// plural writes a number of things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
