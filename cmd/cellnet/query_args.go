package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"cellnet/bench"
	"cellnet/internal/inputfile"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// queryFileLast puts the file of "query FILE metrics ..." behind the command,
// where cobra can do with it. "query FILE" alone stands for info, and where no file
// is named it is the built-in results. What has the name of a command is a file if
// there is one and a command follows.
func queryFileLast(root *cobra.Command, args []string) []string {
	if len(args) > 2 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd) {
		typed, last := args[1:len(args)-1], args[len(args)-1]
		turned := queryFileLast(root, typed)
		if len(typed) == 2 && len(turned) > 2 { // a command is to come, where info is put
			turned = turned[:1]
		}
		return append(append(args[:1:1], turned...), last)
	}
	if len(args) < 2 || args[0] != "query" || strings.HasPrefix(args[1], "-") {
		return args
	}
	group, _, err := root.Find(args[:1])
	if err != nil || args[1] == "help" {
		return args
	}
	turned, file, rest := args[:1:1], args[1], args[2:]
	if subcommand(group, file) != nil && !(exists(file) && len(rest) > 0 && subcommand(group, rest[0]) != nil) {
		file, rest = "", args[1:]
	}
	if len(rest) == 0 || strings.HasPrefix(rest[0], "-") {
		rest = append([]string{"info"}, rest...)
	}
	cmd := subcommand(group, rest[0])
	turned, rest = append(turned, rest[0]), rest[1:]
	for cmd != nil && cmd.HasSubCommands() {
		if len(rest) == 0 || strings.HasPrefix(rest[0], "-") {
			return append(turned, rest...) // the help of a group needs no file
		}
		cmd = subcommand(cmd, rest[0])
		turned, rest = append(turned, rest[0]), rest[1:]
	}
	switch {
	case file != "":
		turned = append(turned, file)
	case cmd != nil && !namesFile(cmd, rest):
		turned = append(turned, bench.BuiltinName)
	}
	return append(turned, rest...)
}

// namesFile tells whether an argument of a query, behind its command, is a file:
// one that is there or, as architectures are never written, has a point or a slash.
func namesFile(cmd *cobra.Command, args []string) bool {
	for i, arg := range args {
		switch {
		case i > 0 && takesValue(cmd, args[i-1]) || strings.HasPrefix(arg, "-") && arg != "-":
		case arg == bench.BuiltinName, strings.ContainsAny(arg, "./"), exists(arg):
			return true
		}
	}
	return false
}

// takesValue tells whether an argument is a flag whose value is the next argument.
func takesValue(cmd *cobra.Command, arg string) bool {
	name, long := strings.CutPrefix(arg, "--")
	var f *pflag.Flag
	switch {
	case long:
		f = cmd.Flag(name)
	case len(arg) == 2 && arg[0] == '-':
		f = cmd.Flags().ShorthandLookup(arg[1:])
	}
	return f != nil && f.NoOptDefVal == ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func subcommand(group *cobra.Command, name string) *cobra.Command {
	for _, cmd := range group.Commands() {
		if cmd.Name() == name {
			return cmd
		}
	}
	return nil
}

// readLines reads the lines of a file that are not empty.
func (a *app) readLines(path string) ([]string, error) {
	in := a.stdin
	if path != "-" {
		f, _, err := inputfile.Open(path)
		if err != nil {
			return nil, fmt.Errorf("reading architectures: %w", err)
		}
		defer f.Close()
		in = f
	}
	var lines []string
	scanner := bufio.NewScanner(io.LimitReader(in, maxArchLines))
	for scanner.Scan() {
		if line := strings.TrimSpace(scanner.Text()); line != "" {
			lines = append(lines, line)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("reading architectures %s: %w", path, err)
	}
	return lines, nil
}

// maxArchLines bounds the bytes of a list of architectures.
const maxArchLines = 64 << 20
