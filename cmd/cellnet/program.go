package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"cellnet/internal/manpage"
	"cellnet/internal/pyapi"
	"cellnet/internal/python"

	"github.com/spf13/cobra"
)

func newPythonCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "python DIR",
		Short: "Write the Python packages nas_201_api and nats_bench, which ask this program",
		Long: `Write Python packages of the names nas_201_api and nats_bench into a folder: scripts
that import the published ones run as they are, and ask a process of this program
for what those read from their files. Name a store where they name a file, or builtin.

The packages need Python 3.7 or newer and nothing else. Install them by pip install
DIR, or let PYTHONPATH name the folder. They start the program that wrote them, or
the one that the variable CELLNET names.`,
		Example: `  cellnet python nas-api
  PYTHONPATH=nas-api python3 search.py`,
		Args: wantArgs("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			program, err := os.Executable()
			if err != nil {
				return fmt.Errorf("looking for the path of this program: %w", err)
			}
			if err := python.Write(args[0], program); err != nil {
				return err
			}
			folder, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "wrote nas_201_api and nats_bench: pip install %s, or PYTHONPATH=%s\n", args[0], folder)
			return nil
		},
	}
	cmd.AddCommand(newPythonServeCommand(a))
	return cmd
}

const (
	servedBytes  = 100 << 20 // of memory, from which on it is looked after
	orphanPeriod = time.Second
)

func newPythonServeCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    "serve",
		Short:  "Answer the Python packages on standard input and output",
		Hidden: true,
		Args:   wantArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			debug.SetMemoryLimit(servedBytes)
			// The runtime looks after a lone processor that waits for the input at every request.
			runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
			ended := make(chan error, 2)
			go func() { ended <- pyapi.Serve(cmd.Context(), a.stdin, a.stdout, pyapi.Options{}) }()
			go func() { ended <- endWithParent(cmd.Context()) }()
			return <-ended
		},
	}
}

// endWithParent returns when the parent was killed, of which the input tells nothing
// while another process holds it, as a fork of the parent does.
func endWithParent(ctx context.Context) error {
	parent := os.Getppid()
	tick := time.NewTicker(orphanPeriod)
	defer tick.Stop()
	for os.Getppid() == parent {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return errors.New("the program that asked is gone")
}

func newManCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write a man page for every command",
		Example: `  cellnet man share/man/man1`,
		Args:    wantArgs("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o777); err != nil {
				return fmt.Errorf("writing man pages: %w", err)
			}
			if err := manpage.WriteTree(newRootCommand(a), args[0]); err != nil {
				return fmt.Errorf("writing man pages: %w", err)
			}
			fmt.Fprintf(a.stderr, "wrote man pages: man -l %s\n", filepath.Join(args[0], "cellnet.1"))
			return nil
		},
	}
}

// version tells what program this is.
type version struct {
	Version  string `json:"version"`  // of the module, "(devel)" in a working copy
	Revision string `json:"revision"` // of the repository, "" if not known
	Modified bool   `json:"modified"` // whether the working copy differed from it
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func newVersionCommand(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Args:  wantArgs(),
		RunE: func(*cobra.Command, []string) error {
			v := readVersion()
			if asJSON {
				return a.printJSON(v)
			}
			_, err := fmt.Fprintln(a.stdout, v)
			return err
		},
	}
	addJSONFlag(cmd, &asJSON)
	return cmd
}

func readVersion() version {
	v := version{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

func (v version) String() string {
	s := fmt.Sprintf("cellnet %s %s %s", v.Version, v.Go, v.Platform)
	if v.Revision != "" {
		s += " " + v.Revision
	}
	if v.Modified {
		s += " modified"
	}
	return s
}
