package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cellnet/bench"
	"cellnet/internal/printable"
	"cellnet/internal/query"
	"cellnet/internal/usage"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newQueryCommand makes the group of queries. Its commands are written with the
// file in front, query FILE metrics, which [queryFileLast] turns round.
func newQueryCommand(a *app) *cobra.Command {
	group := newGroup("query", "Ask a benchmark, a store or the published files")
	series := map[string]*query.Series{}
	for _, s := range query.AllSeries() {
		series[s.Name] = s
	}
	for _, q := range query.All() {
		cmd, f := newQueryKindCommand(a, q)
		if s := series[q.Name]; s != nil {
			f.addSeries(cmd, s)
		}
		group.AddCommand(cmd)
	}
	group.AddCommand(newQueryParamsCommand(), newQueryPlotCommand())
	group.Long = `Ask a benchmark.

FILE is a store made by bench import, or published: a NAS-Bench-201 .pth, a folder
of 000157-FULL.pth files or one of them, a NATS-Bench .pickle.pbz2 or folder; or a
folder of the trial files that generate leaves, or one of them; or a pickle of NASLib,
nb201_cifar10_full_training.pickle. Without FILE, or where it is builtin, the answers
are those of the results that are built in.
ARCH is an index or an arch string, or the cell in another spelling that arch show
prints; the flags --index and --arch say the same.`
	group.Example = `  cellnet query best --dataset cifar10 --set test --hp 200
  cellnet query nb201.parquet info
  cellnet query nb201.parquet metrics --index 11 --dataset cifar100 --hp 200 --json
  cellnet query nb201.parquet best --dataset cifar10 --set valid --hp 12 --max-flops 50`
	for _, cmd := range group.Commands() {
		line := "cellnet query [FILE] " + strings.Replace(cmd.Use, " FILE", "", 1)
		for _, sub := range cmd.Commands() {
			setQueryUsage(sub, line+" "+strings.Replace(sub.Use, " FILE", "", 1)+" [flags]")
		}
		if cmd.HasSubCommands() {
			line += " COMMAND"
		}
		setQueryUsage(cmd, line+" [flags]")
	}
	setQueryUsage(group, "cellnet query [FILE] COMMAND [ARCH] [flags]")
	return group
}

// setQueryUsage sets the usage line of a command whose file stands in front.
func setQueryUsage(cmd *cobra.Command, line string) {
	cmd.SetUsageTemplate(strings.Replace(cmd.UsageTemplate(), "{{.UseLine}}", line, 1))
}

// completeFileAndArch offers files, then the names of the benchmark's architectures
// to a command that takes one.
func completeFileAndArch(takesArch bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		switch {
		case len(args) == 0:
			return nil, cobra.ShellCompDirectiveDefault
		case takesArch:
			return completeArch(cmd, args[1:], toComplete)
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// queryFlags are those of a query.
type queryFlags struct {
	a      *app
	q      *query.Query
	series *query.Series // about many architectures, nil if there is none
	list   string        // file of architectures
	asJSON bool
}

// newQueryKindCommand makes the command of a query.
func newQueryKindCommand(a *app, q *query.Query) (*cobra.Command, *queryFlags) {
	f := &queryFlags{a: a, q: q}
	cmd := &cobra.Command{Use: q.Name + " FILE", Short: "Print " + q.Short, RunE: f.run}
	takesArch := addParamFlags(cmd, q.Form)
	if takesArch {
		cmd.Use += " [ARCH]"
	}
	cmd.Args = wantFileAndArch(takesArch)
	addJSONFlag(cmd, &f.asJSON)
	return cmd, f
}

// addSeries lets the command of a query ask about many architectures, too.
func (f *queryFlags) addSeries(cmd *cobra.Command, s *query.Series) {
	f.series = s
	cmd.Short, cmd.Example = "Print "+s.Short, s.Example
	if s.Long != "" {
		cmd.Long = "Print " + s.Long
	}
	if s.TakesList {
		cmd.Use = s.Name + " FILE [ARCH...]"
		cmd.Flags().StringVar(&f.list, "archs", "", "read architectures from the lines of `FILE`, - for standard input")
		cmd.Args = func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage.Errorf("missing argument FILE")
			}
			return nil
		}
	}
}

func (f *queryFlags) run(cmd *cobra.Command, args []string) error {
	file, archs := args[0], args[1:]
	if f.series != nil {
		if f.series.TakesList && (f.list != "" || len(archs) > 1) {
			return f.askListed(cmd, file, archs)
		}
		if !f.series.TakesList && len(archs) == 0 && !anyParam(cmd.Flags(), f.q.Form) {
			return f.askSeries(cmd, file, query.Args{}, nil)
		}
	}
	parsed, err := parseQuery(cmd, f.q.Form, archs)
	if err != nil {
		return err
	}
	return withBenchmark(cmd.Context(), file, func(b *bench.Benchmark) error {
		for _, note := range parsed.Notes(b) {
			f.a.note("%s", note)
		}
		answer, err := f.q.Answer(cmd.Context(), b, parsed)
		if err != nil {
			return asUsage(err)
		}
		if note := query.NoteOf(answer); note != "" {
			f.a.say("note: %s", note)
		}
		if f.asJSON {
			return query.Write(f.a.stdout, answer)
		}
		return answer.Text(printable.Writer(f.a.stdout))
	})
}

// askListed asks about the architectures of the arguments and of a file.
func (f *queryFlags) askListed(cmd *cobra.Command, file string, archs []string) error {
	for _, flag := range []query.Param{query.Index, query.Arch} {
		if cmd.Flags().Changed(string(flag)) {
			return usage.Errorf("--%s does not go with several architectures", flag)
		}
	}
	if f.list != "" {
		more, err := f.a.readLines(f.list)
		if err != nil {
			return err
		}
		archs = append(archs, more...)
	}
	parsed, err := parseQuery(cmd, f.series.Form, nil)
	if err != nil {
		return err
	}
	return f.askSeries(cmd, file, parsed, archs)
}

// askSeries prints the answers about many architectures, in JSON a line for each.
func (f *queryFlags) askSeries(cmd *cobra.Command, file string, parsed query.Args, archs []string) error {
	return withBenchmark(cmd.Context(), file, func(b *bench.Benchmark) error {
		answers, err := f.series.Answer(cmd.Context(), b, parsed, archs)
		if err != nil {
			return asUsage(err)
		}
		out := bufio.NewWriter(f.a.stdout)
		if !f.asJSON {
			return errors.Join(answers.Text(out), out.Flush())
		}
		for answer, err := range answers.Each() {
			if err == nil {
				err = query.Write(out, answer)
			}
			if err != nil {
				return errors.Join(out.Flush(), err)
			}
		}
		return out.Flush()
	})
}

// wantFileAndArch returns a check that a command is given a file, and an
// architecture at most if it takes one.
func wantFileAndArch(takesArch bool) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return usage.Errorf("missing argument FILE")
		case len(args) > 2 || len(args) == 2 && !takesArch:
			return usage.Errorf("unexpected argument %q", args[len(args)-1])
		}
		return nil
	}
}

// parseQuery reads the parameters of a query from flags and an argument.
func parseQuery(cmd *cobra.Command, q query.Form, args []string) (query.Args, error) {
	values, err := queryValues(cmd.Flags(), q, args)
	if err != nil {
		return query.Args{}, err
	}
	with := ""
	if f := cmd.Flags().Lookup(withFlag); f != nil {
		with = f.Value.String()
	}
	parsed, err := q.ParseWith(values, with)
	return parsed, asUsage(err)
}

// asUsage marks faults of a query's parameters as faults of flags.
func asUsage(err error) error {
	if faulty := new(query.Error); errors.As(err, &faulty) {
		return usage.Errorf("--%w", faulty)
	}
	return err
}

// withFlag names a file of columns.
const withFlag = "with"

// addParamFlags adds a flag for every parameter of a query, and tells whether one
// of them is an architecture.
func addParamFlags(cmd *cobra.Command, q query.Form) (takesArch bool) {
	flags := cmd.Flags()
	for _, p := range q.Params() {
		if p.IsBool() {
			flags.Bool(string(p), false, p.Help())
		} else {
			flags.String(string(p), "", p.Help())
		}
		if words := p.Words(); words != nil {
			_ = cmd.RegisterFlagCompletionFunc(string(p), cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) // fails for unknown flags only
		}
	}
	if q.TakesColumns() {
		flags.String(withFlag, "", "join the columns of `FILE`, which --max and --device may name: HW-NAS-Bench's pickle, CSV or Parquet")
	}
	_, takesArch = q.ArchParam("")
	cmd.ValidArgsFunction = completeFileAndArch(takesArch)
	return takesArch
}

// queryValues gives the parameters of a query that were given as flags, and the
// architecture that was given as an argument.
func queryValues(flags *pflag.FlagSet, q query.Form, args []string) (map[string]string, error) {
	values := map[string]string{}
	for _, p := range q.Params() {
		if f := flags.Lookup(string(p)); isGiven(f) {
			values[f.Name] = f.Value.String()
		}
	}
	for _, arch := range args {
		p, _ := q.ArchParam(arch)
		name := string(p)
		if _, twice := values[name]; twice {
			return nil, usage.Errorf("%q and --%s, want one of them", arch, name)
		}
		values[name] = arch
	}
	return values, nil
}

func isGiven(f *pflag.Flag) bool { return f.Changed && f.Value.String() != "false" }

// anyParam tells whether parameters of a query were given as flags.
func anyParam(flags *pflag.FlagSet, q query.Form) bool {
	return slices.ContainsFunc(q.Params(), func(p query.Param) bool { return isGiven(flags.Lookup(string(p))) })
}

// withBenchmark opens a benchmark for f, until ctx is done.
func withBenchmark(ctx context.Context, path string, f func(*bench.Benchmark) error) error {
	b, err := bench.OpenContext(ctx, path)
	if err != nil {
		return err
	}
	defer b.Close()
	err = f(b)
	if faulty := (usage.Error{}); err != nil && !errors.As(err, &faulty) {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return err
}
