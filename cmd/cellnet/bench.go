package main

import "github.com/spf13/cobra"

func newBenchCommand(a *app) *cobra.Command {
	return newGroup("bench", "Convert benchmark files",
		newBenchImportCommand(a),
		newBenchExportCommand(a),
	)
}
