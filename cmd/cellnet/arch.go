package main

import (
	"bufio"
	"fmt"

	"cellnet/cell"
	"cellnet/internal/usage"

	"github.com/spf13/cobra"
)

func newArchCommand(a *app) *cobra.Command {
	return newGroup("arch", "Show, list and draw architectures",
		newArchShowCommand(a),
		newArchListCommand(a),
		newArchDrawCommand(a),
	)
}

// completeArch completes an ARCH that is the first argument by the names of
// cells.
func completeArch(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return cell.Names(), cobra.ShellCompDirectiveNoFileComp
}

// orderNote says which of the benchmark's cells has the same edges in another
// order; "" if none or if the cell is that one.
func orderNote(c cell.Cell) string {
	if _, ok := c.Index(); ok {
		return ""
	}
	index, ok := c.InOrder().Index()
	if !ok {
		return ""
	}
	return fmt.Sprintf("in order it is index %d", index)
}

// parseArch returns the cell that the user means by an ARCH.
func parseArch(arch string) (cell.Cell, error) {
	c, err := cell.Resolve(arch)
	if err != nil {
		return cell.Cell{}, usage.Fault(err)
	}
	return c, nil
}

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
