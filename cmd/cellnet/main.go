// Command cellnet builds, evaluates and trains the networks of the NAS-Bench-201
// cell search space. Run cellnet help for its commands.
//
// It exits with 0 if it did what it was asked, 1 if that failed, 2 if it was
// asked wrongly, and 130 if it was interrupted. Results go to standard output,
// progress and errors, one line each, to standard error.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
