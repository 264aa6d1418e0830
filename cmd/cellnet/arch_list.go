package main

import (
	"bufio"
	"fmt"

	"cellnet/cell"

	"github.com/spf13/cobra"
)

func newArchListCommand(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Print the benchmark's 15,625 arch strings in the order of their indexes",
		Args:  wantArgs(),
		RunE: func(*cobra.Command, []string) error {
			return a.listArchs(asJSON)
		},
	}
	addJSONFlag(cmd, &asJSON)
	return cmd
}

func (a *app) listArchs(asJSON bool) error {
	w := bufio.NewWriter(a.stdout)
	line := (&app{stdout: w}).printJSON
	for index, c := range cell.All() {
		var err error
		if asJSON {
			err = line(struct {
				Index int       `json:"index"`
				Arch  cell.Cell `json:"arch"`
			}{index, c})
		} else {
			_, err = fmt.Fprintln(w, c)
		}
		if err != nil {
			return fmt.Errorf("writing the list: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing the list: %w", err)
	}
	return nil
}
