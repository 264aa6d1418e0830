package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"text/tabwriter"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/usage"

	"github.com/spf13/cobra"
)

// predictFlags are those of predict.
type predictFlags struct {
	weights, arch, dataset string
	space                  cell.Space
	top                    int
	network                networkFlags
	data                   dataFlags
	asJSON                 bool
}

// prediction is what predict --json prints for an image.
type prediction struct {
	Image   string      `json:"image"`
	Classes []candidate `json:"classes"` // most probable first
}

type candidate struct {
	Class       int         `json:"class"`
	Name        string      `json:"name"`
	Probability probability `json:"probability"`
}

// probability is null in JSON if it is not a number.
type probability float64

func (p probability) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(p)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(p))
}

func (p probability) String() string {
	if math.IsNaN(float64(p)) {
		return "not a number"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(p))
}

func newPredictCommand(a *app) *cobra.Command {
	var f predictFlags
	cmd := &cobra.Command{
		Use:   "predict IMAGE... --weights FILE",
		Short: "Classify PNG or JPEG images",
		Example: `  cellnet predict cat.png --weights net.pth
  cellnet predict *.jpg --weights net.pth --arch 11 --dataset cifar100 --top 3 --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage.Errorf("missing argument IMAGE")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.predict(cmd.Context(), args, f) },
	}
	cmd.Flags().StringVar(&f.weights, "weights", "", "`FILE` of the weights")
	cmd.Flags().StringVar(&f.arch, "arch", "", "`ARCH` of the network, where the file does not name it")
	addSpaceFlag(cmd, &f.space)
	cmd.Flags().StringVar(&f.dataset, "dataset", "", "dataset the network was trained on (default: what the file names, or that of as many classes, or cifar10)")
	cmd.Flags().IntVar(&f.top, "top", 5, "how many classes to print")
	f.network.add(cmd)
	f.data.addFolder(cmd)
	addJSONFlag(cmd, &f.asJSON)
	return cmd
}

func (a *app) predict(ctx context.Context, paths []string, f predictFlags) error {
	if f.weights == "" {
		return usage.Errorf("predict needs --weights")
	}
	if f.top < 1 {
		return usage.Errorf("--top %d: want 1 or more", f.top)
	}
	l, err := a.loadNetwork(f.weights, f.space, f.arch, f.network)
	if err != nil {
		return err
	}
	info, err := a.imagesOf(ctx, l, f)
	if err != nil {
		return err
	}
	info = f.data.sized(info)
	if err := info.Validate(); err != nil {
		return usage.Fault(err)
	}
	predictor, err := newPredictor(l.params, info.Side)
	if err != nil {
		return err
	}
	defer predictor.Close()
	normalizer := info.Normalization.Normalizer()
	input := make([]float32, 3*info.Side*info.Side)
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("predicting: %w", err)
		}
		pixels, err := data.ReadPicture(path, info.Side)
		if err != nil {
			return fmt.Errorf("reading image: %w", err)
		}
		normalizer.Image(input, pixels)
		logits, err := predictor.Predict(input)
		if err != nil {
			return err
		}
		if err := a.printPrediction(prediction{path, ranked(logits, info.ClassNames, f.top)}, f.asJSON); err != nil {
			return err
		}
	}
	return nil
}

// imagesOf tells what images a network was trained on: those of the dataset that
// is given, or what its file tells, or those of the first dataset of as many
// classes.
func (a *app) imagesOf(ctx context.Context, l loaded, f predictFlags) (data.Info, error) {
	known, err := l.info()
	if err != nil {
		return data.Info{}, err
	}
	if f.dataset == "" && known.Classes != 0 {
		return known, nil
	}
	classes := l.network().NumClasses()
	d, err := datasetOf(l, f.dataset)
	if err != nil {
		return data.Info{}, err
	}
	info, shared := d.Info()
	if !shared {
		source, err := f.data.open(ctx, a, d, known)
		if err != nil {
			return data.Info{}, err
		}
		if info, err = source.Info(); err != nil {
			return data.Info{}, fmt.Errorf("reading %s: %w", d, err)
		}
		a.noteAll(source, nil)
	}
	if info.Classes != classes {
		a.say("note: %s has %d classes, the network %d: classes are numbers, images are normalized as those of %s", d, info.Classes, classes, d)
		info.ClassNames = nil
	}
	return info, nil
}

// datasetOf is the dataset that is given, that the network's file names, or the
// first of as many classes or, if there is none, CIFAR-10.
func datasetOf(l loaded, given string) (data.Dataset, error) {
	name := given
	if name == "" {
		name = l.description.Dataset
	}
	if name == "" {
		classes := l.network().NumClasses()
		at := slices.IndexFunc(data.Datasets(), func(d data.Dataset) bool { return d.Classes() == classes })
		if at < 0 {
			return data.CIFAR10, nil
		}
		return data.Datasets()[at], nil
	}
	d, err := data.ResolveDataset(name)
	if err != nil {
		return 0, usage.Errorf("--dataset: %w", err)
	}
	return d, nil
}

// ranked gives the top classes by their softmax.
func ranked(logits []float32, names []string, top int) []candidate {
	highest := float64(slices.Max(logits))
	all := make([]candidate, len(logits))
	var sum probability
	for i, v := range logits {
		all[i] = candidate{Class: i, Name: strconv.Itoa(i), Probability: probability(math.Exp(float64(v) - highest))}
		if names != nil {
			all[i].Name = names[i]
		}
		sum += all[i].Probability
	}
	for i := range all {
		all[i].Probability /= sum
	}
	slices.SortStableFunc(all, func(x, y candidate) int {
		switch {
		case x.Probability > y.Probability:
			return -1
		case x.Probability < y.Probability:
			return 1
		}
		return 0
	})
	return all[:min(top, len(all))]
}

func (a *app) printPrediction(p prediction, asJSON bool) error {
	if asJSON {
		return a.printJSON(p)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, p.Image)
	for _, c := range p.Classes {
		fmt.Fprintf(w, "  %s\t%v\n", quotedName(c.Name), c.Probability)
	}
	return w.Flush()
}
