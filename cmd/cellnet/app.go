package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

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

// plural writes a number of things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
