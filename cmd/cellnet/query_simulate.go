package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"cellnet/bench"
	"cellnet/internal/inputfile"
	"cellnet/internal/query"
	"cellnet/internal/usage"

	"github.com/spf13/cobra"
)

// newQuerySimulateCommand makes the command of the query that also simulates
// trainings one after the other.
func newQuerySimulateCommand(a *app, q *query.Query) *cobra.Command {
	var from string
	cmd := newQueryKindCommand(a, q)
	cmd.Use = q.Name + " FILE [ARCH...]"
	cmd.Long = `Print what training and validating architectures would reach and cost.

Of several architectures, the time of each is added to that of those before. They
are arguments or, with --archs, the lines of a file, - for standard input: indexes or
arch strings; the word "reset" sets the time to zero.`
	cmd.Example = `  cellnet query nb201.parquet simulate 11 --dataset cifar10 --hp 12
  cellnet query nb201.parquet simulate 11 157 284 --dataset cifar10 --hp 12 --random 0`
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage.Errorf("missing argument FILE")
		}
		return nil
	}
	one := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if from == "" && len(args) <= 2 {
			return one(cmd, args)
		}
		for _, flag := range []query.Param{query.Index, query.Arch} {
			if cmd.Flags().Changed(string(flag)) {
				return usage.Errorf("--%s does not go with several architectures", flag)
			}
		}
		archs := args[1:]
		if from != "" {
			more, err := a.readLines(from)
			if err != nil {
				return err
			}
			archs = append(archs, more...)
		}
		several := query.Simulations()
		parsed, err := parseQuery(cmd, several, nil)
		if err != nil {
			return err
		}
		asJSON, err := cmd.Flags().GetBool("json")
		if err != nil {
			return err
		}
		return a.withBenchmark(args[0], func(b *bench.Benchmark) error {
			return a.simulate(b, parsed, archs, asJSON)
		})
	}
	cmd.Flags().StringVar(&from, "archs", "", "read architectures from the lines of `FILE`, - for standard input")
	return cmd
}

// simulate prints simulated trainings, in JSON a line for each.
func (a *app) simulate(b *bench.Benchmark, args query.Args, archs []string, asJSON bool) error {
	steps, err := args.Simulate(b, archs)
	if err != nil {
		return asUsage(err)
	}
	if !asJSON {
		return steps.Text(a.stdout)
	}
	for step := range steps.Each() {
		if err := query.Write(a.stdout, step); err != nil {
			return err
		}
	}
	return nil
}

// readLines reads the lines of a file that are not empty.
func (a *app) readLines(path string) ([]string, error) {
	in := a.stdin
	if path != "-" {
		f, _, err := inputfile.Open(path)
		if err != nil {
			return nil, fmt.Errorf("reading architectures: %w", err)
		}
		defer f.Close()
		in = f
	}
	var lines []string
	scanner := bufio.NewScanner(io.LimitReader(in, maxArchLines))
	for scanner.Scan() {
		if line := strings.TrimSpace(scanner.Text()); line != "" {
			lines = append(lines, line)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("reading architectures %s: %w", path, err)
	}
	return lines, nil
}

// maxArchLines bounds the bytes of a list of architectures.
const maxArchLines = 64 << 20
