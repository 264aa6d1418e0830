package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the README says that commands print is what they print.
func TestReadme(t *testing.T) {
	text := string(readFile(t, "..", "..", "README.md"))
	folder := t.TempDir()
	t.Chdir(folder)
	const prompt = "$ go run ./cmd/cellnet "
	compared := 0
	for _, block := range strings.Split(text, "```")[1:] {
		line, rest, _ := strings.Cut(strings.TrimPrefix(block, "\n"), "\n")
		command, ok := strings.CutPrefix(line, prompt)
		if !ok {
			continue
		}
		compared++
		if got := mustCellnet(t, strings.Fields(command)...); got != rest {
			t.Errorf("%s prints\n%snot\n%s", command, got, rest)
		}
		if _, plot, ok := strings.Cut(command, "--plot "); ok {
			if info, err := os.Stat(filepath.Join(folder, plot)); err != nil || info.Size() == 0 {
				t.Errorf("%s draws nothing: %v", command, err)
			}
		}
	}
	if compared < 3 {
		t.Errorf("%d commands are shown with what they print, want 3 or more", compared)
	}
}
