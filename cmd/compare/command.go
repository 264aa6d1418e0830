package main

import (
	"fmt"
	"io"
	"runtime"

	"cellnet/cell"
	"cellnet/internal/speed"

	"github.com/spf13/cobra"
)

// settings are what the flags say.
type settings struct {
	cellnet, python string
	rounds, batch   int
	threads         int
	seconds         float64
	weights, data   string
	asJSON          bool
}

func newCommand(stdout, stderr io.Writer) *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:   "compare [ARCH...]",
		Short: "Compare the speed and memory of cellnet with those of PyTorch",
		Long: `Compare the speed and memory of cellnet with those of PyTorch, in the better of
its two memory formats: the two take turns, cell by cell and round by round, and
the medians of the rounds are compared.

Without an ARCH, twelve cells that stand for the space. With --weights and
--data, whole processes that evaluate the 10,000 test images of CIFAR-10 are
compared, too: from their start to the printed result.`,
		Example: `  go run ./cmd/compare
  go run ./cmd/compare all_c3x3 11 --rounds 5
  go run ./cmd/compare 8:8:8:8:8 24:24:40:40:56 64:64:64:64:64 8:8:40:32:40
  go run ./cmd/compare --weights net.pth --data ~/data --json`,
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := s.validate(); err != nil {
				return err
			}
			if len(args) == 0 {
				args = speed.Archs()
			}
			var archs []cell.Arch
			for _, arch := range args {
				a, err := cell.Topology.Resolve(arch)
				if err != nil {
					return err
				}
				archs = append(archs, a)
			}
			return compare(cmd.Context(), s, archs, stdout, stderr)
		},
	}
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	s.addCommon(cmd, runtime.GOMAXPROCS(0), 256)
	cmd.Flags().StringVar(&s.weights, "weights", "", "`FILE` that holds arch and net_state_dict of a network with C=16, N=5 and 10 classes")
	cmd.Flags().StringVar(&s.data, "data", "", "`DIR` that holds cifar-10-batches-py")
	cmd.AddCommand(newSearchCommand(stdout, stderr))
	return cmd
}

// addCommon adds the flags that all comparisons have.
func (s *settings) addCommon(cmd *cobra.Command, threads, batch int) {
	cmd.Flags().StringVar(&s.cellnet, "cellnet", "", "`FILE` of the program cellnet (default: built by go build)")
	cmd.Flags().StringVar(&s.python, "python", "/usr/bin/python3", "a Python that has PyTorch")
	cmd.Flags().IntVar(&s.rounds, "rounds", 3, "rounds to take the medians of")
	cmd.Flags().IntVar(&s.batch, "batch", batch, "images of a training step")
	cmd.Flags().IntVar(&s.threads, "threads", threads, "processors to use at a time")
	cmd.Flags().Float64Var(&s.seconds, "seconds", 6, "time for each measurement")
	cmd.Flags().BoolVar(&s.asJSON, "json", false, "print the results as JSON, one object a line")
}

func (s settings) validate() error {
	switch {
	case s.rounds < 1 || s.batch < 1 || s.threads < 1:
		return fmt.Errorf("--rounds %d, --batch %d, --threads %d: want 1 or more", s.rounds, s.batch, s.threads)
	case !(s.seconds > 0):
		return fmt.Errorf("--seconds %g: want more than 0", s.seconds)
	case (s.weights == "") != (s.data == ""):
		return fmt.Errorf("evaluation by whole processes needs both --weights and --data")
	}
	return nil
}
