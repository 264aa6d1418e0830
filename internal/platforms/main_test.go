package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is wrong on one platform is found there, in tests too, and nowhere else.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":          "module example\n\ngo 1.24\n",
		"a.go":            "package example\n\nimport \"os\"\n\nfunc Path() string { return os.TempDir() + suffix() }\n",
		"a_unix.go":       "//go:build unix\n\npackage example\n\nfunc suffix() string { return \"\" }\n",
		"a_windows.go":    "package example\n\nfunc suffix() int { return 1 }\n",
		"a_test.go":       "package example\n\nimport \"testing\"\n\nfunc TestPath(t *testing.T) { Path() }\n",
		"b_arm64_test.go": "package example\n\nvar _ = missing\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("GOFLAGS", "")
	for platform, want := range map[string]string{
		"linux/amd64": "", "windows/amd64": "suffix()", "darwin/arm64": "missing", "linux": "want a system", "linux/z80": "want a system",
	} {
		n, err := check(platform)
		if want == "" && (err != nil || n == 0) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %d packages, %v, want %q", platform, n, err, want)
		}
	}
}
