// Command cellnet builds, evaluates and trains the networks of the NAS-Bench-201
// cell search space. Run cellnet help for its commands.
//
// It exits with 0 if it did what it was asked, 1 if that failed, 2 if it was
// asked wrongly, and 130 if it was interrupted. Results go to standard output,
// progress and errors, one line each, to standard error.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"cellnet/internal/printable"
	"cellnet/internal/usage"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		time.Sleep(together)
		stop() // another signal ends the program at once
	})
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// together is the time within which signals are one: Slurm sends them to all processes
// of a task, of which the script hands them on, and timeout to its command and then to
// the command's group.
const together = time.Second

// run is the whole program but for the process around it. It returns the exit
// code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out := &results{w: stdout}
	a := &app{stdin: stdin, stdout: out, stderr: stderr}
	root := newRootCommand(a, args...)
	root.SetArgs(append([]string{}, queryFileLast(root, args)...)) // cobra takes nil for the process's own

	cmd, err := root.ExecuteContextC(ctx)
	if err == nil && out.err != nil { // what prints help ignores it
		err = runError{fmt.Errorf("writing to standard output: %w", out.err)}
	}
	if err == nil {
		return exitOK
	}
	code := exitCode(err)
	message := printable.Text(oneLine(err.Error()))
	if code == exitInterrupted {
		for _, why := range []error{context.Canceled, context.Cause(ctx)} { // which has a text of its own
			if why != nil {
				message = strings.ReplaceAll(message, why.Error(), "interrupted")
			}
		}
	}
	if code == exitUsage {
		message += fmt.Sprintf(" (see %s --help)", cmd.CommandPath())
	}
	fmt.Fprintf(stderr, "cellnet: %s\n", message)
	return code
}

// results is standard output, which keeps the first error.
type results struct {
	w   io.Writer
	err error
}

func (r *results) Write(p []byte) (int, error) {
	n, err := r.w.Write(p)
	if r.err == nil {
		r.err = err
	}
	return n, err
}

const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130 // as shells report SIGINT
)

// interruptedError tells how to go on after an interruption. Its text is the last
// that is printed, and ends with the command.
type interruptedError struct {
	text  string
	cause error
}

func (e *interruptedError) Error() string { return e.text }
func (e *interruptedError) Unwrap() error { return e.cause }

// runError marks what a command returned, in contrast to what cobra found wrong
// before running it.
type runError struct{ error }

func (e runError) Unwrap() error { return e.error }

func exitCode(err error) int {
	var faulty usage.Error
	var failed runError
	switch {
	case errors.Is(err, context.Canceled): // first: what a signal cut short is no fault in what was asked
		return exitInterrupted
	case errors.As(err, &faulty):
		return exitUsage
	case errors.As(err, &failed):
		return exitFailed
	}
	return exitUsage
}

// oneLine joins the lines of a message.
func oneLine(message string) string {
	var lines []string
	for line := range strings.Lines(message) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}
