package main

import (
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
