package progress

import (
	"fmt"
	"io"
	"strings"
	"time"

	"cellnet/train"
)

// Training shows how far a training is: a bar on a terminal; elsewhere a line an
// epoch, and one a minute within long epochs.
type Training struct {
	display
	pace pace
	loss float64 // mean of the epoch so far
}

// NewTraining begins to show a training on data.
func NewTraining(out io.Writer, epochs int, d *train.Data) *Training {
	t := &Training{display: newDisplay(out)}
	t.pace = pace{epochs: epochs, trainImages: d.Train.Len(), beganWorking: time.Now()}
	for _, e := range d.Evaluations {
		t.pace.evalImages += e.Images.Len()
	}
	return t
}

// Begin tells that the work begins, and where a resumed training goes on.
func (t *Training) Begin(epoch, images int) {
	t.pace.epoch, t.pace.trainDone, t.pace.beganWorking = epoch, images, time.Now()
}

// OnStep is a hook of the training.
func (t *Training) OnStep(s train.Progress) {
	t.pace.trained(s.Epoch, s.Images, time.Now())
	t.loss = s.MeanLoss
	t.showAt(fmt.Sprintf("step %d of %d", s.Step, s.Steps))
}

// OnEvaluation is a hook of the training.
func (t *Training) OnEvaluation(e train.EvaluationProgress) {
	t.pace.evaluated(e.Epoch, e.Images, time.Now())
	t.showAt(fmt.Sprintf("evaluated %d of %d of %v", e.Done, e.Total, e.Set))
}

func (t *Training) showAt(position string) {
	epoch, all := t.pace.left()
	t.show(t.pace.fraction(), fmt.Sprintf("epoch %d/%d, loss %.4f, %.0f images/s, left %s of %s",
		t.pace.epoch+1, t.pace.epochs, t.loss, t.pace.train.rate(), Duration(epoch), Duration(all)), " ("+position+")")
}

// OnEpoch is a hook of the training: it prints a line on an epoch that is done.
func (t *Training) OnEpoch(e train.Epoch) {
	var b strings.Builder
	fmt.Fprintf(&b, "epoch %d/%d: rate %.4f, training loss %.4f top-1 %.2f %%", e.Epoch+1, t.pace.epochs, e.Rate, e.Train.Loss, e.Train.Top1)
	for _, evaluation := range e.Evaluations {
		fmt.Fprintf(&b, ", %v loss %.4f top-1 %.2f %%", evaluation.Set, evaluation.Loss, evaluation.Top1)
	}
	fmt.Fprintf(&b, ", %.0f images/s", float64(e.Train.N)/e.Train.Seconds)
	if _, all := t.pace.left(); e.Epoch+1 < t.pace.epochs {
		fmt.Fprintf(&b, ", %s left", Duration(all))
	}
	t.print(b.String())
}
