// Package manpage writes the manual pages of a tree of commands, as man(7) lays
// them out. The texts of the commands are taken as they are, lines and indents
// included: they are written for a terminal.
package manpage

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// section is that of commands.
const section = "1"

// WriteTree writes a page for cmd and each command below it that is not hidden into
// the folder dir. The pages are the same on every day.
func WriteTree(cmd *cobra.Command, dir string) error {
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			if err := WriteTree(sub, dir); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(filepath.Join(dir, name(cmd)+"."+section), []byte(Page(cmd)), 0o666)
}

func name(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// Page is the page of one command.
func Page(cmd *cobra.Command) string {
	var p page
	root := cmd.Root().Name()
	p.request("TH", strings.ToUpper(name(cmd)), section, "", root, root)
	p.request("SH", "NAME")
	p.text(name(cmd) + " - " + cmd.Short)
	p.request("SH", "SYNOPSIS")
	p.lines(cmd.UseLine())
	if cmd.Long != "" {
		p.request("SH", "DESCRIPTION")
		p.lines(cmd.Long)
	}
	p.flags("OPTIONS", cmd.NonInheritedFlags())
	p.flags("OPTIONS OF ALL ITS COMMANDS", cmd.InheritedFlags())
	if cmd.HasExample() {
		p.request("SH", "EXAMPLES")
		p.lines(cmd.Example)
	}
	p.related(cmd)
	return p.String()
}

type page struct{ strings.Builder }

// request writes a line of roff.
func (p *page) request(macro string, args ...string) {
	p.WriteString("." + macro)
	for _, arg := range args {
		fmt.Fprintf(p, ` "%s"`, strings.ReplaceAll(escape(arg), `"`, `\(dq`))
	}
	p.WriteByte('\n')
}

// text writes lines that roff may fill.
func (p *page) text(s string) {
	for line := range strings.Lines(s) {
		line = escape(strings.TrimSuffix(line, "\n"))
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			line = `\&` + line // no request
		}
		p.WriteString(line + "\n")
	}
}

// lines writes lines as they stand.
func (p *page) lines(s string) {
	p.request("nf")
	p.text(s)
	p.request("fi")
}

func (p *page) flags(title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	p.request("SH", title)
	flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden || flag.Deprecated != "" {
			return
		}
		variable, help := pflag.UnquoteUsage(flag)
		p.request("TP")
		spelling := `\fB` + escape("--"+flag.Name) + `\fP`
		if flag.Shorthand != "" {
			spelling = `\fB` + escape("-"+flag.Shorthand) + `\fP, ` + spelling
		}
		if variable != "" {
			spelling += ` \fI` + escape(variable) + `\fP`
		}
		p.WriteString(spelling + "\n")
		if value := flag.DefValue; value != "" && value != "false" && value != "0" && value != "[]" && value != "0s" {
			help += " (default " + value + ")"
		}
		p.text(help)
	})
}

func (p *page) related(cmd *cobra.Command) {
	var names []string
	if cmd.HasParent() {
		names = append(names, name(cmd.Parent()))
	}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, name(sub))
		}
	}
	if len(names) == 0 {
		return
	}
	p.request("SH", "SEE ALSO")
	for i, other := range names {
		names[i] = `\fB` + escape(other) + `\fP(` + section + `)`
	}
	p.WriteString(strings.Join(names, ",\n") + "\n")
}

// escape takes away what roff would read in s: backslashes, and hyphens, which it may
// print as others than the shell knows.
func escape(s string) string { return strings.NewReplacer(`\`, `\e`, `-`, `\-`).Replace(s) }
