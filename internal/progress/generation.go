package progress

import (
	"fmt"
	"io"
	"strings"
	"time"

	"cellnet/data"
	"cellnet/internal/printable"
	"cellnet/train"
	"cellnet/train/trials"
)

// Generation shows how far the training of many networks is: a bar on a terminal;
// elsewhere a line for each trial, and one a minute within long ones.
type Generation struct {
	display
	set          trials.Set
	total, done  int     // trials
	work, worked float64 // of what was left at the start
	start        time.Time
	began        map[int]time.Time // of each job's trial
	last         map[int][]string  // results of each job's trial
}

// NewGeneration begins to show the training of those trials that are left of all,
// some of which are done.
func NewGeneration(out io.Writer, set trials.Set, total, done int, left []trials.Item) *Generation {
	p := &Generation{
		display: newDisplay(out), set: set, total: total, done: done, start: time.Now(),
		began: map[int]time.Time{}, last: map[int][]string{},
	}
	for _, item := range left {
		p.work += set.Work(item)
	}
	return p
}

// Hooks are those of the runner that trains them.
func (p *Generation) Hooks() trials.Hooks {
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
			p.showAt(fmt.Sprintf("%v on %v: epoch %d/%d, loss %.4f", item, d, s.Epoch+1, s.Epochs, s.MeanLoss))
		},
		OnEvaluation: func(_ int, item trials.Item, d data.Dataset, e train.EvaluationProgress) {
			p.worked += p.set.WorkOfEvaluation(item, d, e.Images)
			p.showAt(fmt.Sprintf("%v on %v: epoch %d/%d, %v", item, d, e.Epoch+1, e.Epochs, e.Set))
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
			p.Clear()
			fmt.Fprintf(p.out, "warning: %v: %s\n", item, printable.Text(err.Error()))
		},
	}
}

// finished prints a line on a trial that is done.
func (p *Generation) finished(job int, item trials.Item) {
	p.done++
	p.print(fmt.Sprintf("%v: trained in %s, %s (%d of %d, left %s)",
		item, Duration(time.Since(p.began[job])), strings.Join(p.last[job], ", "), p.done, p.total, Duration(p.left())))
}

// left is the time until the end at the speed so far.
func (p *Generation) left() time.Duration {
	if p.worked <= 0 || p.work <= p.worked {
		return 0
	}
	return time.Duration(float64(time.Since(p.start)) * (p.work - p.worked) / p.worked)
}

func (p *Generation) showAt(position string) {
	text := fmt.Sprintf("%d of %d trials, left %s, %s", p.done, p.total, Duration(p.left()), position)
	p.show(min(1, p.worked/max(p.work, 1)), text, "")
}
