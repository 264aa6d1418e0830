package main

import (
	"encoding/json"
	"fmt"
	"io"

	"cellnet/internal/printable"
	"cellnet/internal/usage"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newRootCommand makes the command that args ask for, or all where args begin with
// none's name: making the others would be a tenth of the time of a short query.
func newRootCommand(a *app, args ...string) *cobra.Command {
	root := newGroup("cellnet", "Build, evaluate and train NAS-Bench-201 cell networks")
	commands := []struct {
		name string
		make func(*app) *cobra.Command
	}{
		{"arch", newArchCommand},
		{"model", newModelCommand},
		{"eval", newEvalCommand},
		{"predict", newPredictCommand},
		{"speed", newSpeedCommand},
		{"demo", newDemoCommand},
		{"train", newTrainCommand},
		{"generate", newGenerateCommand},
		{"collect", newCollectCommand},
		{"curves", newCurvesCommand},
		{"weights", newWeightsCommand},
		{"bench", newBenchCommand},
		{"query", newQueryCommand},
		{"serve", newServeCommand},
		{"search", newSearchCommand},
		{"proxy", newProxyCommand},
		{"python", newPythonCommand},
		{"man", newManCommand},
		{"version", newVersionCommand},
	}
	for _, c := range commands {
		if len(args) > 0 && c.name == args[0] {
			root.AddCommand(c.make(a))
		}
	}
	if !root.HasSubCommands() {
		for _, c := range commands {
			root.AddCommand(c.make(a))
		}
	}
	root.Long = root.Short + ` in plain Go.

Where a command takes an ARCH, it is one of
  an arch string, quoted for the shell: '|nor_conv_3x3~0|+|none~0|skip_connect~1|'
  the name of a published cell:         resnet, all_c3x3, all_c1x1, all_idnt, all_full
  the widths of a network's blocks:     8:8:40:32:40
  an index of a search space:           0 to 15624; with --space size, 0 to 32767`
	root.SilenceErrors = true
	root.SilenceUsage = true
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	if completion, _, err := root.Find([]string{"completion"}); err == nil {
		makeGroup(completion)
	}
	markRunErrors(root)
	return root
}

// newGroup makes a command that only has subcommands.
func newGroup(name, short string, commands ...*cobra.Command) *cobra.Command {
	group := &cobra.Command{Use: name, Short: short}
	group.AddCommand(commands...)
	makeGroup(group)
	return group
}

// makeGroup lets a command that only has subcommands print its help if none is
// given, and refuse others than its own.
func makeGroup(group *cobra.Command) {
	group.Args = cobra.ArbitraryArgs
	group.DisableFlagsInUseLine = true
	group.SuggestionsMinimumDistance = 2
	group.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		return cmd.Help()
	}
	group.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		// A flag of a mistyped subcommand is unknown because the subcommand is.
		if args := cmd.Flags().Args(); cmd == group && len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		return err
	})
}

func unknownCommand(cmd *cobra.Command, name string) error {
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		return usage.Errorf("unknown command %q, did you mean %s?", name, near[0])
	}
	return usage.Errorf("unknown command %q", name)
}

// wantArgs returns a check that a command is given exactly the named arguments.
func wantArgs(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return usage.Errorf("missing argument %s", names[len(args)])
		}
		if len(args) > len(names) {
			return usage.Errorf("unexpected argument %q", args[len(names)])
		}
		return nil
	}
}

// markRunErrors makes all commands below cmd wrap their errors in runError.
func markRunErrors(cmd *cobra.Command) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if err := run(cmd, args); err != nil {
				return runError{err}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		markRunErrors(sub)
	}
}

// app is what commands share: the streams of the process.
//
// A subcommand X lives in a file of its own, x.go, as a function
//
//	func newXCommand(a *app) *cobra.Command
//
// that newRootCommand or a group's function calls; the subcommands of a group X
// are in x_y.go. Its flags are fields of a struct made in that function, so that
// nothing outlives a call of run. It declares its arguments by [wantArgs], does
// its work in a RunE, heeds cmd.Context(), prints results to a.stdout and
// everything else to a.stderr, and has a flag --json (see [addJSONFlag]) if it
// prints results. An error it returns ends the program with code 1, or 2 if it is
// made by [usage.Errorf].
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}

// printJSON prints v as one line.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.stdout)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// addJSONFlag adds --json, which asks for results as JSON by printJSON.
func addJSONFlag(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print the results as JSON, one object a line")
}

// addForceFlag adds --force for a command whose outputs output.Check looks at.
func addForceFlag(flags *pflag.FlagSet, force *bool) {
	flags.BoolVar(force, "force", false, "write over a file of another kind")
}

// plural writes a number of things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// note tells what the user may want to know of what was made of the input.
func (a *app) note(format string, args ...any) {
	printNote(a.stderr, format, args...)
}

func printNote(w io.Writer, format string, args ...any) {
	printLine(w, "cellnet: note: "+format, args...)
}

// say prints a line beside the results. What it quotes of files acts on no terminal.
func (a *app) say(format string, args ...any) { printLine(a.stderr, format, args...) }

func printLine(w io.Writer, format string, args ...any) {
	fmt.Fprintln(w, printable.Text(fmt.Sprintf(format, args...)))
}
