package main

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// run is the whole program but for the process around it. It returns the exit
// code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	root := newRootCommand(a)
	root.SetArgs(append([]string{}, queryFileLast(root, args)...)) // cobra takes nil for the process's own

	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	code := exitCode(err)
	message := oneLine(err.Error())
	if code == exitInterrupted {
		message = strings.ReplaceAll(message, context.Canceled.Error(), "interrupted")
	}
	if code == exitUsage {
		message += fmt.Sprintf(" (see %s --help)", cmd.CommandPath())
	}
	fmt.Fprintf(stderr, "cellnet: %s\n", message)
	return code
}
