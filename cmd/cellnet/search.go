package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cellnet/bench"
	"cellnet/internal/atomicfile"
	"cellnet/internal/cluster"
	"cellnet/internal/output"
	"cellnet/internal/plots"
	"cellnet/internal/progress"
	"cellnet/internal/rundir"
	"cellnet/internal/usage"
	"cellnet/search"
	"cellnet/search/experiment"
	"cellnet/search/simulate"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// searchOptions are the flags of search and of search compare.
type searchOptions struct {
	request        experiment.Request
	space, dataset string
	benchmark      string
	out, plot      string
	published      bool
	asJSON, force  bool
	training       searchTraining
}

func newSearchCommand(a *app) *cobra.Command {
	o := searchOptions{request: experiment.Request{Settings: experiment.DefaultSettings()}}
	cmd := &cobra.Command{
		Use:   "search [ALGORITHM]",
		Short: "Search for the best architecture, by known results",
		Long: `Search for the architecture with the highest validation accuracy, by training one after
another; the trainings are looked up in the built-in results of all cells, so that a
search takes no time. ALGORITHM is

  random      random search                 hyperband   many short trainings, few long ones
  evolution   regularized evolution (REA)   bohb        Hyperband with a model
  reinforce   REINFORCE                     local       local search
  bayesian    Bayesian optimization by a Gaussian process, the default: it finds most

or one of the subcommands below that train one network of all cells instead, on images.

Simulated time is what the trainings would take: 20,000 s on cifar10, 40,000 s on cifar100,
120,000 s on ImageNet16-120 unless --budget says otherwise. Of the size space there are no
built-in results: --space size searches by a formula that only resembles them.

With --train the trainings really run, with any dataset and recipe, into --out DIR.
Several processes may work on one DIR, each with the same command. An interrupted
search goes on with the same command. cellnet collect makes a benchmark of DIR.`,
		Example: `  cellnet search --dataset cifar10
  cellnet search evolution --dataset cifar100 --runs 500
  cellnet search local --dataset cifar10 --max flops=50 --max raspi4_latency=12
  cellnet search evolution --dataset cifar10 --against flops --population 20
  cellnet search evolution --train --dataset cifar10 --evaluations 50 --data ~/data --out found
  cellnet search compare --dataset cifar100 --runs 100 --plot curves.svg`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(experiment.Names(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.request.Algorithm = experiment.Best
			if len(args) == 1 {
				o.request.Algorithm = args[0]
			}
			if err := o.parse(cmd.Flags()); err != nil {
				return usage.Fault(err)
			}
			if !o.training.on {
				return a.search(cmd.Context(), o)
			}
			o.training.args = slices.Concat([]string{cmd.Name()}, cluster.Arguments(cmd.Flags()), args)
			set, err := o.parseTraining(cmd.Flags())
			if err != nil {
				return usage.Fault(err)
			}
			return a.searchTrained(cmd.Context(), o, set)
		},
	}
	o.addFlags(cmd.Flags(), 1)
	s, flags := &o.request.Settings, cmd.Flags()
	flags.IntVar(&s.Population, "population", s.Population, "evolution: living architectures")
	flags.IntVar(&s.Sample, "sample", s.Sample, "evolution: drawn to find a parent")
	flags.Float64Var(&s.Rate, "rate", s.Rate, "reinforce: learning rate")
	flags.Float64Var(&s.Momentum, "momentum", s.Momentum, "reinforce: of the baseline")
	flags.Float64Var(&s.Eta, "eta", s.Eta, "hyperband, bohb: of so many architectures one is promoted")
	flags.IntVar(&s.Shortest, "shortest", s.Shortest, "hyperband, bohb: epochs of the shortest trainings")
	flags.IntVar(&s.Longest, "longest", s.Longest, "hyperband, bohb: epochs of the longest trainings")
	flags.IntVar(&s.Brackets, "brackets", s.Brackets, "hyperband, bohb: brackets at most")
	flags.IntVar(&s.Samples, "samples", s.Samples, "bohb: drawn from the model for a proposal")
	flags.Float64Var(&s.RandomFraction, "random-fraction", s.RandomFraction, "bohb: proposals without the model")
	flags.Float64Var(&s.MinBandwidth, "min-bandwidth", s.MinBandwidth, "bohb: of the model's kernels")
	flags.IntVar(&s.TopPercent, "top-percent", s.TopPercent, "bohb: how many architectures count as good")
	flags.IntVar(&s.Start, "start", s.Start, "local, bayesian: random architectures first")
	flags.BoolVar(&s.Memory, "memory", s.Memory, "local: train nothing twice")
	flags.BoolVar(&s.First, "first", s.First, "local: move to the first better neighbour")
	flags.Float64Var(&s.Noise, "noise", s.Noise, "bayesian: variance of results beside that of accuracies")
	flags.Float64Var(&s.Beta, "beta", s.Beta, "bayesian: deviations of the bound above the mean")
	o.training.add(flags)
	cmd.AddCommand(newSearchCompareCommand(a), newSearchSpeedCommand(a), newOneShotCommand(a))
	cmd.AddCommand(newSharedSearchCommands(a)...)
	return cmd
}

// addFlags adds those that both commands have.
func (o *searchOptions) addFlags(flags *pflag.FlagSet, runs int) {
	r := &o.request
	flags.StringVar(&o.benchmark, "benchmark", "", "judge by the records of `FILE`, as query takes it, not by the built-in results")
	flags.StringVar(&o.space, "space", "topology", "search space: topology or size")
	flags.StringVar(&o.dataset, "dataset", "", "cifar10 (validates on cifar10-valid), cifar100 or ImageNet16-120")
	flags.Float64Var(&r.Budget, "budget", 0, "simulated `SECONDS` (default: the published one)")
	flags.IntVar(&r.Evaluations, "evaluations", 0, "trainings at most (0: no limit but the budget)")
	flags.IntVar(&r.Recipe, "hp", 12, "the benchmark's recipe that architectures are judged by, in epochs")
	flags.IntVar(&r.Runs, "runs", runs, "runs, each with the next seed")
	flags.Int64Var(&r.Seed, "seed", 0, "seed of the first run")
	flags.StringArrayVar(&r.Limits, "max", nil, "train only what keeps the limit `COST=NUMBER`: flops and params in millions, "+
		"raspi4_latency (ms), edgegpu_energy (mJ), ...; repeatable")
	flags.StringVar(&o.plot, "plot", "", "draw the test accuracy over time into `FILE`, .svg or .png")
	flags.BoolVar(&o.published, "published-curve", false, "draw straight lines between trainings, as the published plots do")
	flags.StringVar(&o.out, "out", "", "write runs.jsonl, curves.svg and the results.pth of the published plots into `DIR`")
	addForceFlag(flags, &o.force)
	flags.BoolVar(&o.asJSON, "json", false, "print the results as JSON, one object a line")
	if runs == 1 {
		flags.StringSliceVar(&r.Against, "against", nil, "weigh accuracy against one or two `COSTS`, such as flops,raspi4_latency: evolution or random")
	}
}

// parse reads what isn't read yet, and refuses settings of other algorithms.
func (o *searchOptions) parse(flags *pflag.FlagSet) (err error) {
	if o.dataset == "" {
		return errors.New("missing --dataset, want cifar10, cifar100 or ImageNet16-120")
	}
	if !o.training.on {
		if err := o.training.unwanted(flags); err != nil {
			return err
		}
		if o.request.Dataset, err = simulate.ParseDataset(o.dataset); err != nil {
			return err
		}
	}
	if o.request.Space, err = search.ParseSpace(o.space); err != nil {
		return err
	}
	if flags.Changed("budget") && o.request.Budget == 0 {
		return errors.New("--budget: 0, want a number of seconds above 0")
	}
	if o.plot != "" {
		if _, err := pictureFormat(o.plot); err != nil {
			return fmt.Errorf("--plot: %.80q, want a file .svg or .png", o.plot)
		}
	}
	flags.Visit(func(f *pflag.Flag) {
		used, others := experiment.Used(o.request.Algorithm, f.Name), false
		for _, name := range experiment.Names() {
			others = others || experiment.Used(name, f.Name)
		}
		if others && !used && err == nil {
			err = fmt.Errorf("--%s: %s has no such setting", f.Name, o.request.Algorithm)
		}
	})
	return err
}

// recordsName and curvesName are files of --out.
const (
	recordsName = "runs.jsonl"
	curvesName  = "curves.svg"
)

// checkOutputs looks at what is to be written, before what may take long.
func (o *searchOptions) checkOutputs() error {
	var inputs []string
	if o.benchmark != "" && o.benchmark != bench.BuiltinName {
		inputs = append(inputs, o.benchmark)
	}
	if o.plot != "" {
		format, err := pictureFormat(o.plot)
		if err != nil {
			return err
		}
		if err := checkPicture(o.force, o.plot, format, inputs...); err != nil {
			return err
		}
	}
	if o.out == "" {
		return nil
	}
	if err := rundir.WantFolder(o.out); err != nil {
		return err
	}
	if _, err := os.Stat(o.out); err != nil {
		return nil // it is made later
	}
	return output.Check(o.force, []output.Target{
		{Path: filepath.Join(o.out, recordsName), Kind: output.Records}, {Path: filepath.Join(o.out, curvesName), Kind: output.SVG},
	}, inputs...)
}

// checkResults looks at what plans would write over.
func (o *searchOptions) checkResults(plans ...experiment.Plan) error {
	var targets []output.Target
	for _, p := range plans {
		path := filepath.Join(o.out, p.ResultsPath())
		if _, err := os.Stat(path); o.out != "" && err == nil {
			targets = append(targets, output.Target{Path: path, Kind: output.SearchResults})
		}
	}
	return output.Check(o.force, targets)
}

// search runs a search with its seeds.
func (a *app) search(ctx context.Context, o searchOptions) error {
	if err := o.checkOutputs(); err != nil {
		return err
	}
	judge, done, err := o.judges(ctx)
	if err != nil {
		return err
	}
	defer done()
	plan, err := o.plan(judge)
	if err != nil {
		return usage.Fault(err)
	}
	if err := o.checkResults(plan); err != nil {
		return err
	}
	a.noteJudge(o)
	runs, err := a.runPlan(ctx, plan, o.request.Algorithm)
	if err != nil {
		return o.keep(plan, runs, err)
	}
	return a.printRuns(o, plan, runs)
}

// keep writes what runs that failed had trained into the folder that was asked for,
// and returns the failure.
func (o *searchOptions) keep(plan experiment.Plan, runs []*search.Run, failure error) error {
	runs = slices.DeleteFunc(runs, func(r *search.Run) bool { return len(r.Visited) == 0 })
	if o.out == "" || len(runs) == 0 {
		return failure
	}
	err := os.MkdirAll(o.out, 0o777)
	if err == nil {
		err = o.writeRecords([]experiment.Plan{plan}, [][]*search.Run{runs})
	}
	if err != nil {
		return fmt.Errorf("%w; what was trained until then is not kept: %w", failure, err)
	}
	return failure
}

func (o *searchOptions) writeRecords(plans []experiment.Plan, runs [][]*search.Run) error {
	path := filepath.Join(o.out, recordsName)
	return atomicfile.Write(path, func(w io.Writer) error { return experiment.WriteRecords(w, plans, runs) })
}

// printRuns writes the files that were asked for, and prints what was found.
func (a *app) printRuns(o searchOptions, plan experiment.Plan, runs []*search.Run) error {
	if err := o.write([]experiment.Plan{plan}, [][]*search.Run{runs}); err != nil {
		return err
	}
	if o.asJSON {
		for i, run := range runs {
			r, err := plan.RecordOf(run, i)
			if err != nil {
				return err
			}
			if err := a.printJSON(r); err != nil {
				return err
			}
		}
		return nil
	}
	if len(runs) == 1 {
		return a.printRun(o, plan, runs[0])
	}
	return a.printSummaries(o.request.Space, []experiment.Plan{plan}, [][]*search.Run{runs})
}

// judges gives the judge of requests, by the benchmark that is named or by the
// built-in results; done ends its use.
func (o *searchOptions) judges(ctx context.Context) (of func(experiment.Request) (simulate.Judge, error), done func(), err error) {
	if o.benchmark == "" || o.benchmark == bench.BuiltinName {
		return experiment.Request.JudgeOf, func() {}, nil
	}
	b, err := bench.OpenContext(ctx, o.benchmark)
	if err != nil {
		return nil, nil, err
	}
	if _, err := b.Space(); err != nil { // which reads the file, and is no fault of a request
		b.Close()
		return nil, nil, err
	}
	return func(r experiment.Request) (simulate.Judge, error) {
		j, err := simulate.NewRecords(b, r.Dataset, r.Recipe)
		if err == nil && j.Space() != r.Space {
			err = fmt.Errorf("--space: %v, but %s is of the %v space", r.Space, o.benchmark, j.Space())
		}
		return j, err
	}, func() { b.Close() }, nil
}

// plan plans the request with a judge.
func (o *searchOptions) plan(of func(experiment.Request) (simulate.Judge, error)) (experiment.Plan, error) {
	judge, err := of(o.request)
	if err != nil {
		return experiment.Plan{}, err
	}
	return o.request.Plan(judge)
}

// noteJudge says what a search is judged by.
func (a *app) noteJudge(o searchOptions) {
	if o.request.Space == search.Size() && (o.benchmark == "" || o.benchmark == bench.BuiltinName) {
		fmt.Fprintln(a.stderr, "note: there are no built-in results of the size space; this search is judged by a formula that only resembles them")
	}
}

// runPlan runs a plan with a bar if it is long.
func (a *app) runPlan(ctx context.Context, p experiment.Plan, title string) ([]*search.Run, error) {
	if p.Runs == 1 {
		return p.Run(ctx, nil)
	}
	bar := progress.NewBar(a.stderr, int64(p.Runs), title, "runs")
	defer bar.Finish()
	done := make(chan struct{})
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		for range done {
			bar.Add(1)
		}
	}()
	runs, err := p.Run(ctx, func() { done <- struct{}{} })
	close(done)
	<-shown
	return runs, err
}

// write writes the plot and the folder that were asked for.
func (o *searchOptions) write(plans []experiment.Plan, runs [][]*search.Run) error {
	if o.plot != "" {
		if err := o.draw(o.plot, plans, runs); err != nil {
			return err
		}
	}
	if o.out == "" {
		return nil
	}
	for i, p := range plans {
		path := filepath.Join(o.out, p.ResultsPath())
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		if err := atomicfile.Write(path, func(w io.Writer) error { return experiment.WriteResults(w, runs[i]) }); err != nil {
			return err
		}
	}
	if err := o.writeRecords(plans, runs); err != nil {
		return err
	}
	return o.draw(filepath.Join(o.out, curvesName), plans, runs)
}

// draw draws the curves of plans on one dataset side by side.
func (o *searchOptions) draw(path string, plans []experiment.Plan, runs [][]*search.Run) error {
	format, err := pictureFormat(path)
	if err != nil {
		return err
	}
	panels, err := experiment.Panels(plans, runs, o.published)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error { return plots.Bands(w, format, panels...) })
}

// printRun prints what a single run found.
func (a *app) printRun(o searchOptions, p experiment.Plan, run *search.Run) error {
	arch := run.Incumbent()
	valid, test, err := p.Judge.Final(arch)
	if err != nil {
		return err
	}
	full, clock := 200, "simulated"
	switch {
	case o.training.on:
		full, clock = p.Problem.Epochs, "of training"
	case run.Space == search.Size():
		full = 90
	}
	fmt.Fprintf(a.stdout, "%s found architecture %d after %d trainings (%.0f s %s)\n  %s\n",
		p.Algorithm.Name(), arch, len(run.Visited), run.Seconds(), clock, run.Space.Arch(arch))
	_, err = fmt.Fprintf(a.stdout, "  after %d epochs: validation %.2f %%, test %.2f %% on %v\n", full, valid, test, p.Dataset)
	if err != nil || len(p.Problem.Costs) == 0 {
		return err
	}
	volumes := run.Hypervolume(p.Problem.Costs)
	fmt.Fprintf(a.stdout, "Pareto front, hypervolume %.4f:\n%8s %12s", volumes[len(volumes)-1], "index", "test %")
	for _, c := range p.Problem.Costs {
		fmt.Fprintf(a.stdout, " %16s", c.Name)
	}
	fmt.Fprintln(a.stdout)
	for _, arch := range run.Front(p.Problem.Costs) {
		_, test, err := p.Judge.Final(arch)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "%8d %12.2f", arch, test)
		for _, c := range p.Problem.Costs {
			fmt.Fprintf(a.stdout, " %16.4g", c.Values[arch])
		}
		if _, err := fmt.Fprintln(a.stdout); err != nil {
			return err
		}
	}
	return nil
}

// printSummaries prints a table of algorithms by datasets, as the papers do,
// theirs beside it.
func (a *app) printSummaries(space *search.Space, plans []experiment.Plan, runs [][]*search.Run) error {
	table, err := experiment.Table(space, plans, runs)
	if err != nil {
		return err
	}
	_, err = io.WriteString(a.stdout, table)
	return err
}

func newSearchCompareCommand(a *app) *cobra.Command {
	var o searchOptions
	var algorithms []string
	bayesianRuns := 100
	cmd := &cobra.Command{
		Use:   "compare",
		Short: "Run several algorithms and set their accuracies side by side with the papers'",
		Long: `Run several algorithms with many seeds, and print the mean and deviation of the accuracy
of what they found, validation and test, beside the figures of the paper of NATS-Bench.`,
		Example: `  cellnet search compare
  cellnet search compare --dataset cifar100 --algorithms evolution,local --runs 500 --plot curves.svg`,
		Args: wantArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.searchCompare(cmd.Context(), cmd.Flags(), o, algorithms, bayesianRuns)
		},
	}
	o.addFlags(cmd.Flags(), 500)
	cmd.Flags().Lookup("dataset").Usage = "one dataset (default: all three)"
	cmd.Flags().StringSliceVar(&algorithms, "algorithms", experiment.Names(), "those to compare")
	cmd.Flags().IntVar(&bayesianRuns, "bayesian-runs", bayesianRuns, "runs of bayesian, which takes longer, at most")
	return cmd
}

// comparison is what search compare --json prints of an algorithm on a dataset.
type comparison struct {
	Algorithm string `json:"algorithm"`
	Space     string `json:"space"`
	Dataset   string `json:"dataset"`
	experiment.Summary
	PaperValid *experiment.Spread `json:"paper_valid,omitempty"`
	PaperTest  *experiment.Spread `json:"paper_test,omitempty"`
}

func (a *app) searchCompare(ctx context.Context, flags *pflag.FlagSet, o searchOptions, algorithms []string, bayesianRuns int) error {
	datasets := []string{o.dataset}
	if o.dataset == "" {
		datasets = []string{"cifar10", "cifar100", "ImageNet16-120"}
	}
	if err := o.checkOutputs(); err != nil {
		return err
	}
	o.request.Settings = experiment.DefaultSettings()
	judge, done, err := o.judges(ctx)
	if err != nil {
		return err
	}
	defer done()
	var plans []experiment.Plan
	for _, algorithm := range algorithms {
		for _, dataset := range datasets {
			one := o
			one.dataset, one.request.Algorithm = dataset, strings.TrimSpace(algorithm)
			if err := one.parse(flags); err != nil {
				return usage.Fault(err)
			}
			if one.request.Algorithm == "bayesian" {
				one.request.Runs = min(one.request.Runs, bayesianRuns)
			}
			plan, err := one.plan(judge)
			if err != nil {
				return usage.Fault(err)
			}
			o.request.Space = one.request.Space
			plans = append(plans, plan)
		}
	}
	if len(plans) == 0 {
		return usage.Errorf("--algorithms: none is given, want some of %s", strings.Join(experiment.Names(), ", "))
	}
	if err := o.checkResults(plans...); err != nil {
		return err
	}
	a.noteJudge(o)
	runs := make([][]*search.Run, len(plans))
	for i, p := range plans {
		var err error
		if runs[i], err = a.runPlan(ctx, p, fmt.Sprintf("%s on %v", p.Algorithm.Name(), p.Dataset)); err != nil {
			return err
		}
	}
	if err := o.write(plans, runs); err != nil {
		return err
	}
	if !o.asJSON {
		return a.printSummaries(o.request.Space, plans, runs)
	}
	for i, p := range plans {
		s, err := p.Summarize(runs[i])
		if err != nil {
			return err
		}
		c := comparison{Algorithm: p.Algorithm.Name(), Space: o.request.Space.String(), Dataset: p.Dataset.String(), Summary: s}
		if valid, test, ok := p.Published(); ok {
			c.PaperValid, c.PaperTest = &valid, &test
		}
		if err := a.printJSON(c); err != nil {
			return err
		}
	}
	return nil
}
