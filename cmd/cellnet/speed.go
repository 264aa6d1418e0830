package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
	"time"

	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/data"
	"cellnet/internal/progress"
	"cellnet/internal/speed"
	"cellnet/internal/usage"

	"github.com/spf13/cobra"
)

// speedFlags are those of speed.
type speedFlags struct {
	train, eval    bool
	batch, threads int
	seconds        float64
	shape          shapeFlags
	asJSON         bool
}

func newSpeedCommand(a *app) *cobra.Command {
	var f speedFlags
	cmd := &cobra.Command{
		Use:   "speed [ARCH...]",
		Short: "Measure how fast networks train and evaluate on this machine",
		Long: `Measure how fast networks train and evaluate on this machine: images/s of networks
for CIFAR-10 on random images, the fastest of the repetitions that fit in
--seconds. Without --train or --eval, both are measured; without an ARCH, twelve
cells that stand for the space.

GFLOP/s are those of direct convolution, two for each multiply-accumulate and
three times as many in training: where Winograd's algorithm takes fewer, the
share of the machine's measured peak can exceed 100 %.

Memory is the largest resident size while a network was measured (on systems other
than Linux: since the start).

` + archHelp,
		Example: `  cellnet speed
  cellnet speed all_c3x3 11 --train --threads 1
  cellnet speed 64:64:64:64:64
  cellnet speed DARTS_V2 -C 16 -N 2 --batch 64
  cellnet speed all_c3x3 --eval --json`,
		ValidArgsFunction: func(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return cell.Names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.speed(cmd.Context(), args, f)
		},
	}
	f.shape.add(cmd)
	cmd.Flags().BoolVar(&f.train, "train", false, "measure training steps: forward, backward and SGD")
	cmd.Flags().BoolVar(&f.eval, "eval", false, "measure evaluation")
	cmd.Flags().IntVar(&f.batch, "batch", 256, "images of a training step, and of a repetition of evaluation")
	cmd.Flags().IntVar(&f.threads, "threads", runtime.GOMAXPROCS(0), "processors to use at a time")
	cmd.Flags().Float64Var(&f.seconds, "seconds", 2, "time for the training of each network, and again for its evaluation")
	addJSONFlag(cmd, &f.asJSON)
	return cmd
}

// maxSpeedBatch is the largest batch that recipes take, too.
const maxSpeedBatch = 65536

// mostThreads is how many processors can be used at a time.
func mostThreads() int { return max(runtime.NumCPU(), runtime.GOMAXPROCS(0)) }

func (f speedFlags) options() (speed.Options, error) {
	switch {
	case f.batch < 1 || f.batch > maxSpeedBatch:
		return speed.Options{}, usage.Errorf("--batch %d: want 1 to %d", f.batch, maxSpeedBatch)
	case f.threads < 1 || f.threads > mostThreads():
		return speed.Options{}, usage.Errorf("--threads %d: want 1 to %d, the processors that are here", f.threads, mostThreads())
	case !(f.seconds >= 0 && f.seconds <= time.Hour.Seconds()):
		return speed.Options{}, usage.Errorf("--seconds %g: want 0 to %g", f.seconds, time.Hour.Seconds())
	}
	o := speed.Options{Train: f.train, Eval: f.eval, Batch: f.batch, Time: time.Duration(f.seconds * float64(time.Second))}
	if !o.Train && !o.Eval {
		o.Train, o.Eval = true, true
	}
	return o, nil
}

func (a *app) speed(ctx context.Context, archs []string, f speedFlags) error {
	options, err := f.options()
	if err != nil {
		return err
	}
	if len(archs) == 0 {
		archs = speed.Archs()
	}
	var networks []spec.Network
	for _, arch := range archs {
		n, err := f.shape.network(arch, data.CIFAR10.Classes())
		if err != nil {
			return err
		}
		networks = append(networks, n)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(f.threads))
	machine, err := speed.MeasureMachine()
	if err != nil {
		return err
	}
	b := progress.NewBar(a.stderr, int64(len(networks)), "measuring", "networks")
	defer b.Finish()
	var records []speed.Record
	for _, n := range networks {
		b.Describe("measuring " + spec.Name(n))
		r, err := machine.Measure(ctx, n, options)
		if err != nil {
			return err
		}
		b.Add(1)
		if f.asJSON {
			if err := a.printJSON(r); err != nil {
				return err
			}
		}
		records = append(records, r)
	}
	b.Finish()
	if f.asJSON {
		return nil
	}
	return a.printSpeed(machine, options, records)
}

func (a *app) printSpeed(m speed.Machine, o speed.Options, records []speed.Record) error {
	fmt.Fprintf(a.stdout, "kernels %v, threads %d, batch %d, peak %.0f GFLOP/s, memory %.1f GB/s\n", m.Kernels, m.Threads, o.Batch, m.Peak, m.Stream)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "index\t")
	if o.Train {
		fmt.Fprint(w, "train images/s\tGFLOP/s\tof peak\t")
	}
	if o.Eval {
		fmt.Fprint(w, "eval images/s\tGFLOP/s\tof peak\t")
	}
	fmt.Fprint(w, "MB\t  arch\n")
	for _, r := range records {
		index := "-"
		if arch, err := cell.ParseArch(r.Arch); err == nil {
			if i, ok := arch.Index(); ok {
				index = fmt.Sprint(i)
			}
		}
		fmt.Fprintf(w, "%s\t", index)
		printRate(w, r.Train, r.TrainFLOPs, r.Peak)
		printRate(w, r.Eval, r.EvalFLOPs, r.Peak)
		fmt.Fprintf(w, "%.0f\t  %s\n", r.Memory, r.Arch)
	}
	return w.Flush()
}

// printRate prints what was measured of training or evaluation, if it was.
func printRate(w io.Writer, images, flops *float64, peak float64) {
	if images == nil {
		return
	}
	fmt.Fprintf(w, "%.0f\t%.0f\t%.0f %%\t", *images, *flops, 100**flops/peak)
}
