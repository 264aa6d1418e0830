package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"cellnet/bench"
	"cellnet/internal/query"
	"cellnet/internal/usage"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newQueryCommand makes the group of queries. Its commands are written with the
// file in front, query FILE metrics, which [queryFileLast] turns round.
func newQueryCommand(a *app) *cobra.Command {
	group := newGroup("query", "Ask a benchmark, a store or the published files")
	for _, q := range query.All() {
		switch q.Name {
		case "show":
			group.AddCommand(newQueryShowCommand(a, q))
		case "simulate":
			group.AddCommand(newQuerySimulateCommand(a, q))
		default:
			group.AddCommand(newQueryKindCommand(a, q))
		}
	}
	group.AddCommand(newQueryParamsCommand(a), newQueryPlotCommand(a))
	group.Long = `Ask a benchmark.

FILE is a store made by bench import, or published: a NAS-Bench-201 .pth, a folder
of 000157-FULL.pth files or one of them, a NATS-Bench .pickle.pbz2 or folder; or a
folder of the trial files that generate leaves, or one of them.
ARCH is an index or an arch string; the flags --index and --arch say the same.`
	group.Example = `  cellnet query nb201.parquet info
  cellnet query nb201.parquet metrics --index 11 --dataset cifar100 --hp 200 --json
  cellnet query nb201.parquet best --dataset cifar10 --set valid --hp 12 --max-flops 50`
	for _, cmd := range group.Commands() {
		line := "cellnet query FILE " + strings.Replace(cmd.Use, " FILE", "", 1)
		for _, sub := range cmd.Commands() {
			setQueryUsage(sub, line+" "+strings.Replace(sub.Use, " FILE", "", 1)+" [flags]")
		}
		if cmd.HasSubCommands() {
			line += " COMMAND"
		}
		setQueryUsage(cmd, line+" [flags]")
	}
	setQueryUsage(group, "cellnet query FILE COMMAND [ARCH] [flags]")
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

// queryFileLast puts the file of "query FILE metrics ..." behind the command,
// where cobra can do with it. "query FILE" alone stands for info. What has the name
// of a command is a file if there is one and a command follows.
func queryFileLast(root *cobra.Command, args []string) []string {
	if len(args) > 2 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd) {
		typed, last := args[1:len(args)-1], args[len(args)-1]
		turned := queryFileLast(root, typed)
		if len(typed) == 2 && len(turned) > 2 { // a command is to come, where info is put
			turned = turned[:1]
		}
		return append(append(args[:1:1], turned...), last)
	}
	if len(args) < 2 || args[0] != "query" || strings.HasPrefix(args[1], "-") {
		return args
	}
	group, _, err := root.Find(args[:1])
	if err != nil || subcommand(group, args[1]) != nil && !(exists(args[1]) && len(args) > 2 && subcommand(group, args[2]) != nil) {
		return args
	}
	turned, file, rest := args[:1:1], args[1], args[2:]
	if len(rest) == 0 || strings.HasPrefix(rest[0], "-") {
		rest = append([]string{"info"}, rest...)
	}
	turned, rest = append(turned, rest[0]), rest[1:]
	cmd := subcommand(group, turned[1])
	for cmd != nil && cmd.HasSubCommands() {
		if len(rest) == 0 || strings.HasPrefix(rest[0], "-") {
			return append(turned, rest...) // the help of a group needs no file
		}
		turned, cmd, rest = append(turned, rest[0]), subcommand(cmd, rest[0]), rest[1:]
	}
	return append(append(turned, file), rest...)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func subcommand(group *cobra.Command, name string) *cobra.Command {
	for _, cmd := range group.Commands() {
		if cmd.Name() == name {
			return cmd
		}
	}
	return nil
}

// newQueryKindCommand makes the command of a query.
func newQueryKindCommand(a *app, q *query.Query) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   q.Name + " FILE",
		Short: "Print " + q.Short,
		RunE: func(cmd *cobra.Command, args []string) error {
			parsed, err := parseQuery(cmd, q, args[1:])
			if err != nil {
				return err
			}
			return a.withBenchmark(args[0], func(b *bench.Benchmark) error {
				return a.answer(cmd.Context(), b, q, parsed, asJSON)
			})
		},
	}
	takesArch := addParamFlags(cmd, q)
	if takesArch {
		cmd.Use += " [ARCH]"
	}
	cmd.Args = wantFileAndArch(takesArch)
	addJSONFlag(cmd, &asJSON)
	return cmd
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
func parseQuery(cmd *cobra.Command, q *query.Query, args []string) (query.Args, error) {
	values, err := queryValues(cmd.Flags(), q, args)
	if err != nil {
		return query.Args{}, err
	}
	parsed, err := q.Parse(values)
	return parsed, asUsage(err)
}

// asUsage marks faults of a query's parameters as faults of flags.
func asUsage(err error) error {
	if faulty := new(query.Error); errors.As(err, &faulty) {
		return usage.Errorf("--%w", faulty)
	}
	return err
}

// addParamFlags adds a flag for every parameter of a query, and tells whether one
// of them is an architecture.
func addParamFlags(cmd *cobra.Command, q *query.Query) (takesArch bool) {
	flags := cmd.Flags()
	for _, p := range q.Params() {
		switch p {
		case query.Mean:
			flags.Bool(string(p), false, p.Help())
		default:
			flags.String(string(p), "", p.Help())
		}
		if words := p.Words(); words != nil {
			_ = cmd.RegisterFlagCompletionFunc(string(p), cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) // fails for unknown flags only
		}
		takesArch = takesArch || p == query.Index || p == query.Arch
	}
	cmd.ValidArgsFunction = completeFileAndArch(takesArch)
	return takesArch
}

// queryValues gives the parameters of a query that were given as flags, and the
// architecture that was given as an argument.
func queryValues(flags *pflag.FlagSet, q *query.Query, args []string) (map[string]string, error) {
	values := map[string]string{}
	for _, p := range q.Params() {
		if f := flags.Lookup(string(p)); f.Changed && f.Value.String() != "false" {
			values[f.Name] = f.Value.String()
		}
	}
	for _, arch := range args {
		name := string(query.ParamOf(arch))
		if q.Name == "index" {
			name = string(query.Arch)
		}
		if _, twice := values[name]; twice {
			return nil, usage.Errorf("%q and --%s, want one of them", arch, name)
		}
		values[name] = arch
	}
	return values, nil
}

// withBenchmark opens a benchmark for f.
func (a *app) withBenchmark(path string, f func(*bench.Benchmark) error) error {
	b, err := bench.Open(path)
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

// answer prints what a benchmark answers to a query.
func (a *app) answer(ctx context.Context, b *bench.Benchmark, q *query.Query, args query.Args, asJSON bool) error {
	answer, err := q.Answer(ctx, b, args)
	if err != nil {
		return asUsage(err)
	}
	if asJSON {
		return query.Write(a.stdout, answer)
	}
	return answer.Text(a.stdout)
}
