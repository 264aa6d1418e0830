package weightsharing

import (
	"cellnet/cell/supernet"
	"cellnet/data"
	"cellnet/models"
	"cellnet/train"
)

// maskRL is the search by masks that are drawn, whose probabilities learn by
// REINFORCE.
type maskRL struct {
	*sizeSearch
	baseline *movingAverage
}

// movingAverage is an exponential one, unbiased from the first number on.
type movingAverage struct {
	Above float64 `json:"above"`
	Below float64 `json:"below"`
}

// rewardMomentum is that of the baseline of mask_rl.
const rewardMomentum = 0.95

// add gives the average with a number taken in.
func (m *movingAverage) add(v float64) float64 {
	m.Above = rewardMomentum*m.Above + (1-rewardMomentum)*v
	m.Below = rewardMomentum*m.Below + (1 - rewardMomentum)
	return m.Above / m.Below
}

// draw draws a width for each layer.
func (a maskRL) draw(alpha table) (n narrowed, chosen []int) {
	if a.warming {
		return a.warmUp(), nil
	}
	p := softmaxRows(alpha)
	for layer := range a.Layers() {
		k := pick(p[a.Row(layer)], a.draws.uniform())
		chosen = append(chosen, k)
		n.layers = append(n.layers, masked(a.widths[k], a.Widest()))
	}
	return n, chosen
}

func (a maskRL) step(base, arch data.Batch, _ float64) (h halves, err error) {
	n, _ := a.draw(a.alpha())
	if h.base, err = a.weightHalf(base, n); err != nil {
		return h, err
	}
	n, chosen := a.draw(a.alpha())
	pass, err := a.net.Train(arch.Input, arch.Labels, n.layers, models.Wanted{})
	if err != nil {
		return h, err
	}
	h.arch = scored(pass.Logits, arch)
	accuracy := percentRight(h.arch)
	baseline := a.baseline.add(accuracy) // in the warm-up, too
	if a.warming {
		return h, nil
	}
	_, gradient := a.reinforced(a.alpha(), chosen, accuracy-baseline)
	return h, stepArchitecture(a.adam, supernet.SizeArchitecture, a.net.Floats(supernet.SizeArchitecture), gradient)
}

func percentRight(s train.Score) float64 { return 100 * float64(s.Top1) / float64(s.N) }

// reinforced is the loss of what was chosen in the layers, and its derivative by A:
// minus the advantage times the logarithm of the probability.
func (s *sizeSearch) reinforced(alpha table, chosen []int, advantage float64) (loss float64, gradient table) {
	gradient = newTable(len(alpha), len(alpha[0]))
	logs, p := logSoftmaxRows(alpha), softmaxRows(alpha)
	for layer, k := range chosen {
		row := s.Row(layer)
		loss -= advantage * logs[row][k]
		for o := range gradient[row] {
			gradient[row][o] += advantage * p[row][o]
		}
		gradient[row][k] -= advantage
	}
	return loss, gradient
}

func (a maskRL) validation() []models.Narrowing {
	n, _ := a.draw(a.alpha())
	return n.layers
}
