// Command cellnet builds, evaluates and trains the networks of the NAS-Bench-201
// cell search space. Run cellnet help for its commands.
//
// It exits with 0 if it did what it was asked, 1 if that failed, 2 if it was
// asked wrongly, and 130 if it was interrupted. Results go to standard output,
// progress and errors, one line each, to standard error.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

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
