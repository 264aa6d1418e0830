package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os/signal"
	"syscall"

	"cellnet/bench"
	"cellnet/internal/server"
	"cellnet/internal/usage"

	"github.com/spf13/cobra"
)

func newServeCommand(a *app) *cobra.Command {
	var address string
	var o server.Options
	cmd := &cobra.Command{
		Use:   "serve [FILE]",
		Short: "Answer queries to a benchmark over HTTP, with a page to look at it",
		Long: `Answer queries to a benchmark over HTTP, read-only: /api/metrics and so on, described
by /openapi.json, and a page to look at architectures with.

FILE is a store made by bench import, or published files; without it the built-in
results are served. The server listens on
this machine only unless --listen says otherwise; it has no passwords. Requests to
other names than those of --host are refused, so that pages of the web can't reach
it by names of their own. It stops on
an interrupt, after the requests that are being answered.`,
		Example: `  cellnet serve
  cellnet serve nb201.parquet
  curl 'http://127.0.0.1:8201/api/metrics?index=11&dataset=cifar100&hp=200'`,
		Args: func(cmd *cobra.Command, args []string) error {
			return wantArgs("FILE")(cmd, orBuiltin(args))
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.MaxConnections < 1 {
				return usage.Errorf("--max-connections: want at least 1")
			}
			return a.serve(cmd.Context(), orBuiltin(args)[0], address, o)
		},
	}
	cmd.Flags().StringVar(&address, "listen", "127.0.0.1:8201", "`ADDRESS` to listen on; port 0 for any free one")
	cmd.Flags().StringSliceVar(&o.Hosts, "host", nil, "`NAMES` that clients may call this machine by, beside localhost, addresses and that of --listen")
	cmd.Flags().IntVar(&o.MaxConnections, "max-connections", 2048, "connections at once")
	return cmd
}

// orBuiltin gives the arguments or, if there are none, the built-in results.
func orBuiltin(args []string) []string {
	if len(args) == 0 {
		return []string{bench.BuiltinName}
	}
	return args
}

func (a *app) serve(ctx context.Context, file, address string, o server.Options) error {
	// An interruption ends the opening, but not the requests that are being answered.
	opening, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	opened := context.AfterFunc(ctx, end)
	b, err := bench.OpenContext(opening, file)
	if err != nil {
		return err
	}
	defer b.Close()
	opened()
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", address, err)
	}
	if host, _, err := net.SplitHostPort(address); err == nil && host != "" {
		o.Hosts = append(o.Hosts, host)
	}
	signal.Ignore(syscall.SIGPIPE) // of a reader of standard error that is gone
	o.Log = log.New(a.stderr, "cellnet: ", 0)
	a.say("serving %s on http://%s/", file, l.Addr())
	return server.Serve(ctx, l, b, o)
}
