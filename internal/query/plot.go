package query

import (
	"context"
	"fmt"
	"io"

	"cellnet/bench"
	"cellnet/data"
	"cellnet/internal/plots"
)

// Picture is a question whose answer is drawn.
type Picture struct {
	Form
	draw func(a Args, b *bench.Benchmark, w io.Writer, f plots.Format) error
}

// Pictures lists the pictures.
func Pictures() []*Picture {
	return []*Picture{
		{Form: Form{Name: "curves", Short: "the learning curves of an architecture's trials",
			Needs: []Param{Index, Dataset}, Takes: []Param{HP, Seed}}, draw: drawCurves},
		{Form: Form{Name: "scatter", Short: "accuracy against FLOPs, or the cost on a device, of all architectures",
			Needs: []Param{Dataset, Set}, Takes: []Param{HP, MaxFLOPs, MaxParams, Max, Device}}, draw: drawScatter},
		{Form: Form{Name: "ranks", Short: "the ranks of all architectures on the datasets against those on CIFAR-10",
			Needs: []Param{Set}, Takes: []Param{HP, MaxFLOPs, MaxParams, Max}}, draw: drawRanks},
	}
}

// Draw draws what a benchmark answers.
func (p *Picture) Draw(b *bench.Benchmark, a Args, w io.Writer, f plots.Format) error {
	return p.draw(a, b, w, f)
}

// drawCurves draws the accuracies and losses of the trials that are asked for.
func drawCurves(a Args, b *bench.Benchmark, w io.Writer, f plots.Format) error {
	index, err := a.IndexIn(b)
	if err != nil {
		return err
	}
	all, err := b.Trials(index, a.dataset, a.hp)
	if err != nil {
		return err
	}
	title := fmt.Sprintf("Architecture %d on %v, %d epochs", index, a.dataset, a.hp)
	accuracy, loss := plots.Panel{Unit: "accuracy, %"}, plots.Panel{Unit: "loss", Falling: true}
	for _, t := range all {
		if a.given[Seed] && t.Seed != a.seed {
			continue
		}
		addCurve(&accuracy, t, data.Train, t.Train.Top1)
		addCurve(&loss, t, data.Train, t.Train.Loss)
		for _, e := range t.Evals {
			addCurve(&accuracy, t, e.Set, e.Top1)
			addCurve(&loss, t, e.Set, e.Loss)
		}
	}
	if len(accuracy.Curves) == 0 {
		return fmt.Errorf("architecture %d on %v: no trial with seed %d: %w", index, a.dataset, a.seed, bench.ErrMissing)
	}
	return plots.Curves(w, f, title, accuracy, loss)
}

func addCurve(p *plots.Panel, t *bench.Trial, set data.Set, c bench.Curve) {
	if of := curveOf(c); of != nil {
		p.Curves = append(p.Curves, plots.Curve{Set: set.String(), Seed: t.Seed, Epochs: of.Epochs, Values: c.Values})
	}
}

// drawScatter draws the accuracies of all architectures against what they cost.
func drawScatter(a Args, b *bench.Benchmark, w io.Writer, f plots.Format) error {
	q, err := a.bestQuery()
	if err != nil {
		return err
	}
	all, err := a.candidates(context.Background(), b)
	if err != nil {
		return err
	}
	costs, err := a.axis(b, all)
	if err != nil {
		return err
	}
	var points []plots.Point
	for i, c := range all {
		if costs[i].OK {
			points = append(points, plots.Point{Cost: costs[i].Value, Accuracy: c.Accuracy})
		}
	}
	cost := "FLOPs, millions"
	if a.given[Device] {
		cost = a.device.label()
	}
	title := fmt.Sprintf("%d architectures on %v, %d epochs", len(points), q.Dataset, a.hp)
	return plots.Scatter(w, f, title, cost, q.Set.String()+" accuracy", points)
}

// drawRanks draws the ranks of all architectures on CIFAR-100 and ImageNet16-120
// against those on CIFAR-10.
func drawRanks(a Args, b *bench.Benchmark, w io.Writer, f plots.Format) error {
	var scores []plots.Scores
	for _, d := range []data.Dataset{data.CIFAR10, data.CIFAR100, data.ImageNet16} {
		a.dataset = d
		all, err := a.candidates(context.Background(), b)
		if err != nil {
			return err
		}
		s := plots.Scores{Name: d.String(), Of: map[int]float64{}}
		for _, c := range all {
			s.Of[c.Index] = c.Accuracy
		}
		scores = append(scores, s)
	}
	return plots.Ranks(w, f, fmt.Sprintf("Ranks by %s accuracy, %d epochs", a.set, a.hp), scores)
}
