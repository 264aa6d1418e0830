package main

import (
	"context"
	"errors"
	"fmt"

	"cellnet/cell"
	"cellnet/internal/archlist"
	"cellnet/internal/progress"
	"cellnet/internal/usage"
	"cellnet/proxies/table"
	"cellnet/search/weightsharing"
	"cellnet/train"
	"cellnet/weights"

	"github.com/spf13/cobra"
)

// oneShotFlags are those of an evaluation with a supernet's weights.
type oneShotFlags struct {
	dataset      string
	batch, limit int
	seed         uint32
	asJSON       bool
	data         dataFlags
	kernels      kernelFlags
}

func newOneShotCommand(a *app) *cobra.Command {
	var f oneShotFlags
	cmd := &cobra.Command{
		Use:   "one-shot FILE [ARCH...]",
		Short: "Evaluate architectures with the weights of a supernet",
		Long: `Evaluate architectures with the weights of a supernet, on all images of the validation
set, without training any: of a checkpoint of the published program, or of a search here.
ARCH is an index, a range such as 0-99, an arch string, widths, or a file of these; without
any, what the file's search chose last and what its parameters find likeliest. Of several
that the built-in results know, the rank correlation with their accuracy is printed.`,
		Example: `  cellnet search one-shot found/checkpoints/epoch-000100-step-000000.ckpt --dataset cifar10 --data ~/data
  cellnet search one-shot seed-777-basic.pth 0-99 --dataset cifar10 --data ~/data --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage.Errorf("missing argument FILE")
			}
			return a.oneShot(cmd.Context(), args[0], args[1:], f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.dataset, "dataset", "", halvedHelp)
	flags.IntVar(&f.batch, "batch", 512, "images that are normalized together")
	flags.IntVar(&f.limit, "limit", 0, "use the first `N` images of every set only")
	flags.Uint32Var(&f.seed, "seed", 777, "which images come together")
	f.data.add(cmd)
	flags.StringVar(&f.kernels.isa, "isa", "", "compute by the generic, avx2 or avx512 `KERNELS`, which round differently")
	addJSONFlag(cmd, &f.asJSON)
	return cmd
}

// oneShotRecord is a line of what is printed with --json.
type oneShotRecord struct {
	knownArch
	Loss float64 `json:"loss"`
	Top1 float64 `json:"top1"` // of the supernet
}

func (a *app) oneShot(ctx context.Context, path string, list []string, f oneShotFlags) error {
	if f.batch < 1 {
		return usage.Errorf("--batch: %d images, want 1 or more", f.batch)
	}
	d, err := halvedDataset(f.dataset)
	if err != nil {
		return err
	}
	kernels, err := f.kernels.kernels()
	if err != nil {
		return err
	}
	saved, err := readSupernet(path)
	if err != nil {
		return err
	}
	archs, err := oneShotArchs(saved, list)
	if err != nil {
		return err
	}
	images, err := a.loadHalves(ctx, f.data, d, f.limit)
	if err != nil {
		return err
	}
	known := knownAccuracy(d)
	bar := progress.NewBar(a.stderr, int64(len(archs)), "evaluating", "architectures")
	var records []oneShotRecord
	var failed error
	_, err = weightsharing.OneShot{
		Images: images, Batch: f.batch, Seed: f.seed, Kernels: kernels,
		OnArch: func(number int, m train.Metrics) {
			bar.Add(1)
			r := oneShotRecord{newKnownArch(archs[number], known), m.Loss, m.Top1}
			records = append(records, r)
			if f.asJSON {
				failed = errors.Join(failed, a.printJSON(r))
			}
		},
	}.Evaluate(ctx, saved, archs)
	bar.Finish()
	if !f.asJSON { // also what was done before an interruption
		failed = a.printOneShot(records)
	}
	return errors.Join(err, failed)
}

// printOneShot prints what was evaluated, and how it agrees with what is known.
func (a *app) printOneShot(records []oneShotRecord) error {
	var accuracies, tests []float64
	for _, r := range records {
		if r.Test != nil {
			accuracies, tests = append(accuracies, r.Top1), append(tests, *r.Test)
		}
		fmt.Fprintf(a.stdout, "%6.2f %%, loss %.4f\n", r.Top1, r.Loss)
		if err := r.print(a.stdout); err != nil {
			return err
		}
	}
	if len(tests) > 2 {
		c := table.Correlate(accuracies, tests)
		fmt.Fprintf(a.stdout, "rank correlation with the accuracy by itself, of %d: Spearman %.3f, Kendall %.3f\n", c.N, c.Spearman, c.Kendall)
	}
	return nil
}

// readSupernet reads a file of a search by a supernet.
func readSupernet(path string) (*weightsharing.Saved, error) {
	file, err := weights.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	saved, err := weightsharing.ReadSaved(file)
	if err == nil && saved == nil {
		err = errors.New("none of its networks is a supernet")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return saved, nil
}

// oneShotArchs are the architectures of a list, or what was chosen.
func oneShotArchs(saved *weightsharing.Saved, list []string) (archs []cell.Arch, err error) {
	if len(list) == 0 {
		if n := len(saved.Choices); n > 0 && !saved.Choices[n-1].Arch.Equal(saved.Likeliest) {
			archs = append(archs, saved.Choices[n-1].Arch)
		}
		return append(archs, saved.Likeliest), nil
	}
	space := saved.Likeliest.Space()
	for _, text := range list {
		if arch, err := space.Resolve(text); err == nil { // also one without an index
			archs = append(archs, arch)
			continue
		}
		indexes, err := archlist.Parse(space, text)
		if err != nil {
			return nil, err
		}
		for _, index := range indexes {
			arch, err := space.Arch(index)
			if err != nil {
				return nil, err
			}
			archs = append(archs, arch)
		}
	}
	return archs, nil
}
