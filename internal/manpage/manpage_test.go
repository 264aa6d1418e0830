package manpage

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func commands() *cobra.Command {
	root := &cobra.Command{Use: "tool", Short: "Do things"}
	sub := &cobra.Command{
		Use: "cut FILE", Short: "Cut a file", Long: "Cut FILE at 'marks':\n\n  .like this, \\n stays", Example: `  tool cut "a b" --at 3`,
		Run: func(*cobra.Command, []string) {},
	}
	sub.Flags().IntP("at", "a", 2, "cut at line `N`")
	sub.Flags().Bool("dry", false, "tell only")
	sub.Flags().Bool("secret", false, "nothing")
	sub.Flags().MarkHidden("secret")
	hidden := &cobra.Command{Use: "inner", Hidden: true, Run: func(*cobra.Command, []string) {}}
	root.AddCommand(sub, hidden)
	return root
}

func TestPage(t *testing.T) {
	want := `.TH "TOOL\-CUT" "1" "" "tool" "tool"
.SH "NAME"
tool\-cut \- Cut a file
.SH "SYNOPSIS"
.nf
tool cut FILE [flags]
.fi
.SH "DESCRIPTION"
.nf
Cut FILE at 'marks':

  .like this, \en stays
.fi
.SH "OPTIONS"
.TP
\fB\-a\fP, \fB\-\-at\fP \fIN\fP
cut at line N (default 2)
.TP
\fB\-\-dry\fP
tell only
.SH "EXAMPLES"
.nf
  tool cut "a b" \-\-at 3
.fi
.SH "SEE ALSO"
\fBtool\fP(1)
`
	root := commands()
	cut, _, err := root.Find([]string{"cut"})
	if err != nil {
		t.Fatal(err)
	}
	if got := Page(cut); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestWriteTree(t *testing.T) {
	dir := t.TempDir()
	if err := WriteTree(commands(), dir); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != "tool-cut.1 tool.1" {
		t.Errorf("wrote %s", got)
	}
	if err := WriteTree(commands(), filepath.Join(dir, "nowhere")); err == nil {
		t.Error("no error of a folder that is not there")
	}

	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("groff is not here to read the pages")
	}
	text, err := exec.Command(groff, "-man", "-Tascii", "-P-cbou", "-wall", filepath.Join(dir, "tool-cut.1")).CombinedOutput()
	if err != nil || !strings.Contains(string(text), `.like this, \n stays`) {
		t.Errorf("groff: %v: %s", err, text)
	}
}
