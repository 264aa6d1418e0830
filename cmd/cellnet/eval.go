package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/data"
	"cellnet/internal/procmem"
	"cellnet/internal/progress"
	"cellnet/internal/usage"
	"cellnet/models"
	"cellnet/train"

	"github.com/spf13/cobra"
)

// evalRecord is what eval --json prints.
type evalRecord struct {
	Arch    string                   `json:"arch"`
	Index   *int                     `json:"index"` // null outside the benchmark
	Dataset data.Dataset             `json:"dataset"`
	Weights string                   `json:"weights"`
	Sets    map[string]train.Metrics `json:"sets"`
}

// evalFlags are those of eval.
type evalFlags struct {
	weights, dataset string
	space            cell.Space
	sets             []string
	network          networkFlags
	data             dataFlags
	asJSON           bool
}

func newEvalCommand(a *app) *cobra.Command {
	var f evalFlags
	cmd := &cobra.Command{
		Use:   "eval [ARCH] --weights FILE --dataset DATASET",
		Short: "Evaluate trained weights on a dataset",
		Long: `Evaluate trained weights on a dataset: loss, top-1 and top-5 accuracy in percent.

ARCH may be left out where the weights file names it.`,
		Example: `  cellnet eval 11 --weights net.pth --dataset cifar10 --data ~/data
  cellnet eval 8:8:40:32:40 --weights narrow.pth --dataset cifar10 --data ~/data
  cellnet eval --weights 000157-FULL.pth --hp 200 --trial cifar100:777 --dataset cifar100 --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage.Errorf("unexpected argument %q", args[1])
			}
			return nil
		},
		ValidArgsFunction: completeArch,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.eval(cmd.Context(), strings.Join(args, ""), f)
		},
	}
	addSpaceFlag(cmd, &f.space)
	cmd.Flags().StringVar(&f.weights, "weights", "", "`FILE` of the weights: .pth, safetensors or a benchmark's record")
	cmd.Flags().StringVar(&f.dataset, "dataset", "", datasetHelp)
	cmd.Flags().StringSliceVar(&f.sets, "sets", nil, "evaluation sets, such as ori-test,x-valid (default: all there are)")
	f.network.add(cmd)
	f.data.add(cmd)
	addJSONFlag(cmd, &f.asJSON)
	return cmd
}

func (a *app) eval(ctx context.Context, arch string, f evalFlags) error {
	if f.weights == "" || f.dataset == "" {
		return usage.Errorf("eval needs --weights and --dataset")
	}
	dataset, err := data.ResolveDataset(f.dataset)
	if err != nil {
		return usage.Errorf("--dataset: %w", err)
	}
	var wanted []data.Set
	for _, name := range f.sets {
		set, err := data.ParseSet(name)
		if err != nil {
			return usage.Errorf("--sets: %w", err)
		}
		wanted = append(wanted, set)
	}
	l, err := a.loadNetwork(f.weights, f.space, arch, f.network)
	if err != nil {
		return err
	}
	known, err := l.info()
	if err != nil {
		return err
	}
	source, err := f.data.open(ctx, a, dataset, known)
	if err != nil {
		return err
	}
	var missing []error
	if wanted == nil {
		wanted, missing = source.EvaluationSets()
	}
	if len(wanted) == 0 {
		return fmt.Errorf("reading %s: no set to evaluate in %s: put pictures into val or test, or choose --sets train", dataset, f.data.dir)
	}
	info, err := source.Info()
	if err != nil {
		return fmt.Errorf("reading %s: %w", dataset, err)
	}
	if l.network().NumClasses() != info.Classes {
		return fmt.Errorf("reading weights %s: the network has %d classes, %s has %d: choose the dataset it was trained on", f.weights, l.network().NumClasses(), dataset, info.Classes)
	}
	// The images of the first set are read while the network is built.
	first := make(chan error, 1)
	go func() {
		_, err := source.Load(wanted[0])
		first <- err
	}()
	predictor, err := newPredictor(l.params, info.Side)
	if err != nil {
		return err
	}
	defer predictor.Close()
	if err := <-first; err != nil {
		return fmt.Errorf("reading %s: %w", dataset, err)
	}
	r := evalRecord{Arch: spec.Name(l.network()), Index: indexOf(l.network()), Dataset: dataset, Weights: f.weights, Sets: map[string]train.Metrics{}}
	for _, set := range wanted {
		images, err := source.Load(set)
		if err != nil {
			return fmt.Errorf("reading %s: %w", dataset, err)
		}
		if r.Sets[set.String()], err = a.evaluate(ctx, predictor, images, info, set.String()); err != nil {
			return err
		}
	}
	a.noteAll(source, missing)
	if f.asJSON {
		return a.printJSON(r)
	}
	return a.printEval(r, wanted)
}

// indexOf is the index of a network in its search space, nil if it has none.
func indexOf(n spec.Network) *int {
	if of, ok := n.(cell.Network); ok {
		return archIndex(of.Arch())
	}
	return nil
}

// newPredictor builds a network for evaluation.
func newPredictor(params *models.Parameters, side int) (*models.Predictor, error) {
	net, err := models.New(params, models.Options{Side: side, Capacity: models.EvaluationCapacity()})
	if err != nil {
		return nil, err
	}
	return models.NewPredictor(net), nil
}

// evaluate runs images through a network.
func (a *app) evaluate(ctx context.Context, p *models.Predictor, images *data.Images, info data.Info, title string) (train.Metrics, error) {
	loader, err := data.NewLoader(images, data.LoaderConfig{BatchSize: p.Network().Capacity(), Normalization: info.Normalization})
	if err != nil {
		return train.Metrics{}, err
	}
	b := progress.NewBar(a.stderr, int64(images.Len()), "evaluating "+title, "images")
	defer b.Finish()
	return train.Evaluate(ctx, p, loader.Epoch(ctx, 0, 0), train.EvaluationHooks{OnBatch: func(n int, _ time.Duration) { b.Add(n) }})
}

func (a *app) printEval(r evalRecord, sets []data.Set) error {
	index := "not in the benchmark"
	if r.Index != nil {
		index = fmt.Sprintf("index %d", *r.Index)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s (%s), %s\n", r.Arch, index, r.Weights)
	fmt.Fprintf(w, "%s\timages\tloss\ttop-1 %%\ttop-5 %%\tseconds\timages/s\n", r.Dataset)
	for _, set := range sets {
		m := r.Sets[set.String()]
		fmt.Fprintf(w, "%s\t%d\t%.4f\t%.2f\t%.2f\t%.2f\t%.0f\n", set, m.N, m.Loss, m.Top1, m.Top5, m.Seconds, float64(m.N)/m.Seconds)
	}
	if peak := procmem.Peak(); peak > 0 {
		fmt.Fprintf(w, "peak memory\t%d MB\n", peak>>20)
	}
	return w.Flush()
}
