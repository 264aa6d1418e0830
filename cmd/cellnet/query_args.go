package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"cellnet/internal/inputfile"

	"github.com/spf13/cobra"
)

// queryFileLast puts the file of "query FILE metrics ..." behind the command,
// where cobra can do with it. "query FILE" alone stands for info. What has the name
// of a command is a file if there is one and a command follows.
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
	if err != nil || subcommand(group, args[1]) != nil && !(exists(args[1]) && len(args) > 2 && subcommand(group, args[2]) != nil) {
		return args
	}
	turned, file, rest := args[:1:1], args[1], args[2:]
	if len(rest) == 0 || strings.HasPrefix(rest[0], "-") {
		rest = append([]string{"info"}, rest...)
	}
	turned, rest = append(turned, rest[0]), rest[1:]
	cmd := subcommand(group, turned[1])
	for cmd != nil && cmd.HasSubCommands() {
		if len(rest) == 0 || strings.HasPrefix(rest[0], "-") {
			return append(turned, rest...) // the help of a group needs no file
		}
		turned, cmd, rest = append(turned, rest[0]), subcommand(cmd, rest[0]), rest[1:]
	}
	return append(append(turned, file), rest...)
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
