package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/progress"
	"cellnet/models"
	"cellnet/train"
	"cellnet/weights"

	"github.com/spf13/cobra"
)

// The demo's network and training: small enough for portable code on two
// processors to take about a minute.
const (
	demoIndex    = 1
	demoChannels = 16
	demoCells    = 1
	demoSeed     = 777
	demoBatch    = 64
	demoSteps    = 80
	demoTestSize = 1000
	demoRate     = 0.1
)

// demoRecord is what demo --json prints.
type demoRecord struct {
	Arch    cell.Cell     `json:"arch"`
	Index   int           `json:"index"`
	Steps   int           `json:"steps"`
	Loss    [2]float64    `json:"loss"` // of the first and the last step
	Seconds float64       `json:"train_seconds"`
	Before  train.Metrics `json:"before"`
	After   train.Metrics `json:"after"`
	Weights string        `json:"weights"`
}

func newDemoCommand(a *app) *cobra.Command {
	var force, asJSON bool
	var out string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Train a small network on built-in images, save it, load it back and evaluate it",
		Args:  wantArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := a.demo(cmd.Context(), out, force)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(r)
			}
			_, err = fmt.Fprintf(a.stdout, `cell %d, %s, with C=16 and N=%d
before training: loss %.3f, top-1 %.1f %% on %d test images of the built-in set
trained %d steps of %d images with plain SGD in %.1f s: loss %.3f to %.3f
saved and loaded back %s: loss %.3f, top-1 %.1f %%
next: cellnet weights show %s; cellnet eval --help; cellnet train --help
`, r.Index, r.Arch, demoCells, r.Before.Loss, r.Before.Top1, r.Before.N, r.Steps, demoBatch, r.Seconds, r.Loss[0], r.Loss[1], r.Weights, r.After.Loss, r.After.Top1, r.Weights)
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", "cellnet-demo.pth", "`FILE` to save the trained weights in")
	addForceFlag(cmd.Flags(), &force)
	addJSONFlag(cmd, &asJSON)
	return cmd
}

func (a *app) demo(ctx context.Context, out string, force bool) (demoRecord, error) {
	if err := checkWeights(force, out, weights.Zip); err != nil {
		return demoRecord{}, err
	}
	c, err := cell.FromIndex(demoIndex)
	if err != nil {
		return demoRecord{}, err
	}
	net, err := cell.NewNetwork(c, demoChannels, demoCells, data.Synthetic.Classes())
	if err != nil {
		return demoRecord{}, err
	}
	source, err := data.Open(data.Synthetic, data.Options{Synthetic: data.SyntheticSize{Train: demoSteps * demoBatch, Test: demoTestSize}})
	if err != nil {
		return demoRecord{}, err
	}
	test, err := source.Load(data.OriTest)
	if err != nil {
		return demoRecord{}, err
	}
	params, err := models.Initialize(net, demoSeed)
	if err != nil {
		return demoRecord{}, err
	}
	r := demoRecord{Arch: c, Index: demoIndex, Steps: demoSteps, Weights: out}
	if r.Before, err = a.demoTest(ctx, params, test); err != nil {
		return r, err
	}
	if err := a.demoTrain(ctx, params, source, &r); err != nil {
		return r, err
	}
	description := weights.Description{Arch: c.String(), C: demoChannels, N: demoCells, Classes: net.Classes, Dataset: data.Synthetic.String()}
	if err := weights.WriteFile(out, weights.Zip, params.StateDict(), description.Entries()...); err != nil {
		return r, err
	}
	l, err := a.loadNetwork(out, cell.Topology, "", networkFlags{})
	if err != nil {
		return r, err
	}
	r.After, err = a.demoTest(ctx, l.params, test)
	return r, err
}

func (a *app) demoTest(ctx context.Context, params *models.Parameters, test *data.Images) (train.Metrics, error) {
	predictor, err := newPredictor(params, test.Side())
	if err != nil {
		return train.Metrics{}, err
	}
	defer predictor.Close()
	info, _ := data.Synthetic.Info()
	return a.evaluate(ctx, predictor, test, info, "the test images")
}

// demoTrain is a training loop as a user would write it.
func (a *app) demoTrain(ctx context.Context, params *models.Parameters, source *data.Source, r *demoRecord) error {
	images, err := source.Load(data.Train)
	if err != nil {
		return err
	}
	loader, err := data.NewLoader(images, data.LoaderConfig{BatchSize: demoBatch, Normalization: data.Synthetic.Normalization(), Shuffle: true, Seed: demoSeed})
	if err != nil {
		return err
	}
	net, err := models.New(params, models.Options{Side: images.Side(), Capacity: demoBatch, Norm: models.NormByBatch, Gradients: true})
	if err != nil {
		return err
	}
	stepper, err := models.NewStepper(net, net.Loss)
	if err != nil {
		return err
	}
	defer stepper.Close()
	solver := &train.SGD{}
	b := progress.NewBar(a.stderr, demoSteps, "training", "steps")
	defer b.Finish()
	start := time.Now()
	for batch, err := range loader.Epoch(ctx, 0, 0) {
		if err != nil {
			return err
		}
		if err := stepper.Run(batch.Input, batch.Labels); err != nil {
			return err
		}
		solver.SetRate(demoRate * 0.5 * (1 + math.Cos(math.Pi*float64(batch.Step)/demoSteps)))
		if err := solver.Step(stepper.Learnables()); err != nil {
			return err
		}
		loss, err := stepper.Objective()
		if err != nil {
			return err
		}
		if batch.Step == 0 {
			r.Loss[0] = loss
		}
		r.Loss[1] = loss
		b.Describe(fmt.Sprintf("training, loss %.3f", loss))
		b.Add(1)
	}
	r.Seconds = time.Since(start).Seconds()
	return nil
}
