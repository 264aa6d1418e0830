package rundir

import (
	"cellnet/data"
	"cellnet/internal/plots"
	"cellnet/train"
)

// curves are the loss and the accuracy of all sets by epoch.
func curves(seed int, history []train.Epoch) []plots.Panel {
	panels := Panels()
	add := func(set data.Set, of func(train.Epoch) train.Metrics) {
		loss, top1 := plots.Curve{Set: set.String(), Seed: seed}, plots.Curve{Set: set.String(), Seed: seed}
		for _, e := range history {
			m := of(e)
			loss.Epochs, loss.Values = append(loss.Epochs, e.Epoch), append(loss.Values, m.Loss)
			top1.Epochs, top1.Values = append(top1.Epochs, e.Epoch), append(top1.Values, m.Top1)
		}
		panels[0].Curves, panels[1].Curves = append(panels[0].Curves, loss), append(panels[1].Curves, top1)
	}
	add(data.Train, func(e train.Epoch) train.Metrics { return e.Train })
	for i, evaluation := range history[0].Evaluations {
		add(evaluation.Set, func(e train.Epoch) train.Metrics { return e.Evaluations[i].Metrics })
	}
	return panels
}

// Panels are those of a picture of a training, without curves: its loss and its
// accuracy.
func Panels() []plots.Panel {
	return []plots.Panel{{Unit: "mean cross entropy", Falling: true}, {Unit: "top-1 accuracy in percent"}}
}
