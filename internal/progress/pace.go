package progress

import (
	"time"
)

// evaluationGuess is how much faster evaluation is than training, as long as it
// wasn't measured.
const evaluationGuess = 3

// pace tells how fast a training is and when it will end.
type pace struct {
	epochs       int // of the whole training
	trainImages  int // of an epoch
	evalImages   int // of an epoch's evaluations
	train, eval  meter
	epoch        int // at work
	trainDone    int // images of that epoch
	evalDone     int
	beganWorking time.Time // on what is measured next
}

// meter measures a speed; early images count less than late ones.
type meter struct{ images, seconds float64 }

// memory is after how many seconds of work its weight is halved or so.
const memory = 60.0

func (m *meter) add(images int, took time.Duration) {
	keep := memory / (memory + took.Seconds())
	m.images = m.images*keep + float64(images)
	m.seconds = m.seconds*keep + took.Seconds()
}

// rate is in images a second, 0 if nothing was measured.
func (m *meter) rate() float64 {
	if m.seconds == 0 {
		return 0
	}
	return m.images / m.seconds
}

// trained notes a step.
func (p *pace) trained(epoch, images int, now time.Time) {
	p.enter(epoch)
	p.train.add(images, now.Sub(p.beganWorking))
	p.trainDone += images
	p.beganWorking = now
}

// evaluated notes a batch of an evaluation.
func (p *pace) evaluated(epoch, images int, now time.Time) {
	p.enter(epoch)
	p.trainDone = p.trainImages
	p.eval.add(images, now.Sub(p.beganWorking))
	p.evalDone += images
	p.beganWorking = now
}

func (p *pace) enter(epoch int) {
	if epoch != p.epoch {
		p.epoch, p.trainDone, p.evalDone = epoch, 0, 0
	}
}

// left is the time until the epoch's end and until the training's, both 0 as long
// as nothing was measured.
func (p *pace) left() (epoch, all time.Duration) {
	train, eval := p.rates()
	if train == 0 {
		return 0, 0
	}
	whole := float64(p.trainImages)/train + float64(p.evalImages)/eval
	rest := float64(p.trainImages-p.trainDone)/train + float64(p.evalImages-p.evalDone)/eval
	more := float64(p.epochs-p.epoch-1) * whole
	return seconds(rest), seconds(rest + more)
}

// fraction is how much of the work of all epochs is done, 0 to 1.
func (p *pace) fraction() float64 {
	const perTrain, perEval = evaluationGuess, 1
	epoch := float64(p.trainImages*perTrain + p.evalImages*perEval)
	done := float64(p.trainDone*perTrain + p.evalDone*perEval)
	return (float64(p.epoch)*epoch + done) / (float64(p.epochs) * epoch)
}

func (p *pace) rates() (train, eval float64) {
	train, eval = p.train.rate(), p.eval.rate()
	if eval == 0 {
		eval = evaluationGuess * train
	}
	return train, eval
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
