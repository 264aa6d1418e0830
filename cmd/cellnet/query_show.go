package main

import (
	"bufio"
	"context"
	"errors"

	"cellnet/bench"
	"cellnet/internal/query"

	"github.com/spf13/cobra"
)

// newQueryShowCommand makes the command of the query that also shows all
// architectures.
func newQueryShowCommand(a *app, q *query.Query) *cobra.Command {
	cmd := newQueryKindCommand(a, q)
	cmd.Short = "Print everything about an architecture, or about all: the results by all recipes"
	one := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		values, err := queryValues(cmd.Flags(), q, args[1:])
		if err != nil {
			return err
		}
		if len(values) > 0 {
			return one(cmd, args)
		}
		asJSON, err := cmd.Flags().GetBool("json")
		if err != nil {
			return err
		}
		return a.withBenchmark(args[0], func(b *bench.Benchmark) error { return a.showAll(cmd.Context(), b, asJSON) })
	}
	return cmd
}

// showAll prints everything about all architectures, in JSON a line for each.
func (a *app) showAll(ctx context.Context, b *bench.Benchmark, asJSON bool) error {
	out := bufio.NewWriter(a.stdout)
	if !asJSON {
		return errors.Join(b.ShowAll(out), out.Flush())
	}
	for answer, err := range query.Records(ctx, b) {
		if err == nil {
			err = query.Write(out, answer)
		}
		if err != nil {
			return errors.Join(out.Flush(), err)
		}
	}
	return out.Flush()
}
