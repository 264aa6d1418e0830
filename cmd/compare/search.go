package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// searches are the algorithms whose steps are compared, by cellnet's names.
func searches() []string { return []string{"darts-v1", "gdas", "setn", "rsps"} }

func newSearchCommand(stdout, stderr io.Writer) *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:   "search [ALGORITHM...]",
		Short: "Compare steps of searches by a supernet",
		Long: `Compare steps of searches by a supernet of the published size (C 16, N 5): a batch
that moves the weights and one that moves the architecture. cellnet and PyTorch, in both of
its memory formats, take turns, algorithm by algorithm and round by round.

PyTorch's better format is that of the lower median of processors' seconds.
Algorithms: ` + strings.Join(searches(), ", ") + `.`,
		Example: `  go run ./cmd/compare search
  go run ./cmd/compare search darts-v1 gdas --rounds 5 --threads 1 --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := s.validate(); err != nil {
				return err
			}
			if len(args) == 0 {
				args = searches()
			}
			for _, name := range args {
				if !slices.Contains(searches(), name) {
					return fmt.Errorf("no algorithm %.40q to compare, want one of %s", name, strings.Join(searches(), ", "))
				}
			}
			return compareSearches(cmd.Context(), s, args, stdout, stderr)
		},
	}
	s.addCommon(cmd, 1, 64)
	return cmd
}

// stepping is what a program's steps took.
type stepping struct {
	seconds, cpu float64 // of a step
	memory       float64 // MB
}

func (p *programs) stepCellnet(ctx context.Context, algorithm string) (stepping, error) {
	return p.step(ctx, "cellnet's steps of "+algorithm, p.cellnet, "search", "speed", algorithm, "--steps-only", "--json")
}

func (p *programs) stepPyTorch(ctx context.Context, algorithm, layout string) (stepping, error) {
	return p.step(ctx, "PyTorch's steps of "+algorithm, p.python, "-B", p.script("searchsteps.py"), algorithm, "--layout", layout)
}

// step runs a program that measures steps.
func (p *programs) step(ctx context.Context, what, program string, args ...string) (stepping, error) {
	args = append(args, "--batch", strconv.Itoa(p.batch), "--threads", strconv.Itoa(p.threads), "--seconds", fmt.Sprint(p.seconds))
	var r struct {
		Seconds float64 `json:"step_s"`
		CPU     float64 `json:"step_cpu_s"`
	}
	f, err := start(ctx, p.threads, program, args...)
	if err == nil {
		err = f.decode(&r)
	}
	if err == nil && !(r.Seconds > 0 && r.CPU > 0) {
		err = fmt.Errorf("it printed %.100q, want the seconds of a step", f.stdout)
	}
	if err != nil {
		return stepping{}, fmt.Errorf("measuring %s: %w", what, err)
	}
	return stepping{r.Seconds, r.CPU, f.memory}, nil
}

// steppings are those of all rounds.
type steppings struct{ seconds, cpu, memory []float64 }

func (s *steppings) add(one stepping) {
	s.seconds, s.cpu, s.memory = append(s.seconds, one.seconds), append(s.cpu, one.cpu), append(s.memory, one.memory)
}

// searchComparison is what was measured of an algorithm.
type searchComparison struct {
	Algorithm string `json:"algorithm"`
	Layout    string `json:"layout"`  // PyTorch's better one
	CPU       pair   `json:"cpu"`     // seconds that processors worked for a step
	Seconds   pair   `json:"seconds"` // of the fastest step
	Memory    pair   `json:"rss_mb"`
	// PyTorch's by cellnet's.
	CPURatio float64 `json:"cpu_ratio"`
	Ratio    float64 `json:"ratio"`
}

func newSearchComparison(algorithm string, ours steppings, theirs map[string]*steppings) searchComparison {
	c := searchComparison{Algorithm: algorithm}
	for _, layout := range layouts {
		if c.Layout == "" || median(theirs[layout].cpu) < median(theirs[c.Layout].cpu) {
			c.Layout = layout
		}
	}
	best := theirs[c.Layout]
	c.CPU, c.Seconds, c.Memory = pair{ours.cpu, best.cpu}, pair{ours.seconds, best.seconds}, pair{ours.memory, best.memory}
	c.CPURatio, c.Ratio = 1/c.CPU.ratio(), 1/c.Seconds.ratio()
	return c
}

func compareSearches(ctx context.Context, s settings, algorithms []string, stdout, stderr io.Writer) error {
	p, err := newPrograms(ctx, s)
	if err != nil {
		return err
	}
	defer p.remove()
	var all []searchComparison
	for _, algorithm := range algorithms {
		var ours steppings
		theirs := map[string]*steppings{}
		for _, layout := range layouts {
			theirs[layout] = new(steppings)
		}
		for round := range s.rounds {
			fmt.Fprintf(stderr, "round %d of %d: %s\n", round+1, s.rounds, algorithm)
			one, err := p.stepCellnet(ctx, algorithm)
			if err != nil {
				return err
			}
			ours.add(one)
			for _, layout := range layouts {
				if one, err = p.stepPyTorch(ctx, algorithm, layout); err != nil {
					return err
				}
				theirs[layout].add(one)
			}
		}
		all = append(all, newSearchComparison(algorithm, ours, theirs))
	}
	if s.asJSON {
		e := json.NewEncoder(stdout)
		for _, c := range all {
			if err := e.Encode(c); err != nil {
				return err
			}
		}
		return nil
	}
	return printSearches(stdout, s, all)
}

func printSearches(out io.Writer, s settings, all []searchComparison) error {
	fmt.Fprintf(out, "steps of 2 x %d images, threads %d; medians; ratios are PyTorch's seconds by cellnet's\n", s.batch, s.threads)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "CPU s\tPyTorch\tratio\tfastest s\tPyTorch\tratio\tMB\tPyTorch\t  algorithm, PyTorch's format\n")
	for _, c := range all {
		fmt.Fprintf(w, "%.3f\t%.3f\t%.2f\t%.3f\t%.3f\t%.2f\t%.0f\t%.0f\t  %s, %s\n", median(c.CPU.Cellnet), median(c.CPU.PyTorch), c.CPURatio,
			median(c.Seconds.Cellnet), median(c.Seconds.PyTorch), c.Ratio, median(c.Memory.Cellnet), median(c.Memory.PyTorch), c.Algorithm, c.Layout)
	}
	return w.Flush()
}
