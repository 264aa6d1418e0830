package main

import (
	"context"
	"errors"
	"strings"

	"cellnet/internal/usage"
)

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
	case errors.As(err, &faulty):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
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
