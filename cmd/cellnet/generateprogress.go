package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"cellnet/data"
	"cellnet/train"
	"cellnet/train/trials"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// generateProgress shows how far the training of many networks is: a bar on a
// terminal; elsewhere a line for each trial, and one a minute within long ones.
type generateProgress struct {
	a            *app
	set          trials.Set
	total, done  int     // trials
	work, worked float64 // of what was left at the start
	start        time.Time
	bar          *progressbar.ProgressBar
	nextLine     time.Time
	began        map[int]time.Time // of each job's trial
	last         map[int][]string  // results of each job's trial
}

func (a *app) newGenerateProgress(set trials.Set, total, done int, left []trials.Item) *generateProgress {
	now := time.Now()
	p := &generateProgress{
		a: a, set: set, total: total, done: done, start: now, nextLine: now.Add(linePause),
		began: map[int]time.Time{}, last: map[int][]string{},
	}
	for _, item := range left {
		p.work += set.Work(item)
	}
	if file, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		p.bar = progressbar.NewOptions(parts,
			progressbar.OptionSetWriter(file), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	return p
}

func (p *generateProgress) hooks() trials.Hooks {
	return trials.Hooks{
		OnBegin: func(job int, item trials.Item, d data.Dataset, epochs, steps int, images *train.Data) {
			if d == p.set.Datasets[0] {
				p.began[job], p.last[job] = time.Now(), nil
			}
			// What is done of a trial that goes on is no work of this process.
			perEpoch := p.set.WorkOfStep(item, d, images.Train.Len())
			for _, e := range images.Evaluations {
				perEpoch += p.set.WorkOfEvaluation(item, d, e.Images.Len())
			}
			p.work -= perEpoch*float64(epochs) + p.set.WorkOfStep(item, d, steps*p.set.Recipe.BatchSize)
		},
		OnStep: func(_ int, item trials.Item, d data.Dataset, s train.Progress) {
			p.worked += p.set.WorkOfStep(item, d, s.Images)
			p.show(fmt.Sprintf("%v on %v: epoch %d/%d, loss %.4f", item, d, s.Epoch+1, s.Epochs, s.MeanLoss))
		},
		OnEvaluation: func(_ int, item trials.Item, d data.Dataset, e train.EvaluationProgress) {
			p.worked += p.set.WorkOfEvaluation(item, d, e.Images)
			p.show(fmt.Sprintf("%v on %v: epoch %d/%d, %v", item, d, e.Epoch+1, e.Epochs, e.Set))
		},
		OnEpoch: func(job int, _ trials.Item, d data.Dataset, e train.Epoch) {
			if e.Epoch+1 == p.set.Recipe.TotalEpochs() {
				for _, evaluation := range e.Evaluations {
					p.last[job] = append(p.last[job], fmt.Sprintf("%v %v %.2f %%", d, evaluation.Set, evaluation.Top1))
				}
			}
		},
		OnFinish: p.finished,
		OnWarning: func(item trials.Item, err error) {
			p.clear()
			fmt.Fprintf(p.a.stderr, "warning: %v: %v\n", item, err)
		},
	}
}

// finished prints a line on a trial that is done.
func (p *generateProgress) finished(job int, item trials.Item) {
	p.done++
	p.clear()
	p.nextLine = time.Now().Add(linePause)
	fmt.Fprintf(p.a.stderr, "%v: trained in %s, %s (%d of %d, left %s)\n",
		item, shortDuration(time.Since(p.began[job])), strings.Join(p.last[job], ", "), p.done, p.total, shortDuration(p.left()))
}

// left is the time until the end at the speed so far.
func (p *generateProgress) left() time.Duration {
	if p.worked <= 0 || p.work <= p.worked {
		return 0
	}
	return time.Duration(float64(time.Since(p.start)) * (p.work - p.worked) / p.worked)
}

func (p *generateProgress) show(position string) {
	text := fmt.Sprintf("%d of %d trials, left %s, %s", p.done, p.total, shortDuration(p.left()), position)
	switch {
	case p.bar != nil:
		p.bar.Describe(text)
		// What a terminal can't show doesn't matter.
		_ = p.bar.Set(int(min(1, p.worked/max(p.work, 1)) * parts))
	case time.Now().After(p.nextLine):
		p.nextLine = time.Now().Add(linePause)
		fmt.Fprintln(p.a.stderr, text)
	}
}

// clear removes the bar until it is shown again.
func (p *generateProgress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
