package weightsharing

import "cellnet/train"

// What ENAS' controller is trained by.
const (
	entropyWeight     = 1e-4
	baselineFollows   = 0.01 // how far the baseline goes toward a reward
	controllerClip    = 5
	controllerUpdates = 50 // updates after an epoch
	controllerGroup   = 20 // samples of an update
)

// controllerTraining is the training of a controller after one epoch.
type controllerTraining struct {
	controller *Controller
	adam       *train.Adam
	group      int
	clip       float64
	before     *float64  // baseline of the last epoch, nil in the first
	baselines  []float64 // of the samples so far
}

// outcome is what a sample was found to be worth.
type outcome struct{ reward, baseline, loss float64 }

// learn adds the gradients of a sample whose accuracy is a fraction.
func (t *controllerTraining) learn(s *sample, accuracy float64) outcome {
	o := outcome{reward: accuracy + entropyWeight*s.entropy, baseline: accuracy}
	// Rewards and baselines of the first epoch differ by the entropy's term alone.
	advantage, dBaseline := entropyWeight*s.entropy, 0.0
	if t.before != nil {
		o.baseline = *t.before - baselineFollows*(*t.before-o.reward)
		advantage, dBaseline = o.reward-o.baseline, baselineFollows*entropyWeight
	}
	o.loss = -s.logProb * advantage
	n := float64(t.group)
	t.controller.backward(s, -advantage/n, -s.logProb*(entropyWeight-dBaseline)/n)
	t.baselines = append(t.baselines, o.baseline)
	return o
}

// update moves the controller by what a group of samples was worth.
func (t *controllerTraining) update() error { return t.controller.step(t.adam, t.clip) }

// next is the baseline of the next epoch.
func (t *controllerTraining) next() float64 {
	var sum float64
	for _, b := range t.baselines {
		sum += b
	}
	return sum / float64(len(t.baselines))
}
