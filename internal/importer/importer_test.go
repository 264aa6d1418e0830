// Package importer tests that a program of another module can use this one.
package importer

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestProgramOfAnotherModule(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("no go command to build the program with: %v", err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/program")); err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o666); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		// What the module needs is there: it was built.
		cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=mod", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v: %s", name, args, err, out)
		}
		return string(out)
	}
	run("go", "mod", "edit", "-replace=cellnet="+root)
	run("go", "build", "-o", "program.exe", ".")
	out := run(filepath.Join(dir, "program.exe"), picture(t, dir), filepath.Join(root, "bench/testdata/NATS-tss-sample"))
	var class, accuracy string
	var before, after float64
	if _, err := fmt.Sscanf(out, "class: %s\nloss: %g\nloss: %g\naccuracy: %s\n", &class, &before, &after, &accuracy); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	if !(after < before) || accuracy != "22.72" {
		t.Errorf("it says %q, want a loss that falls and an accuracy of 22.72", out)
	}
}

// picture writes a picture of two colours and returns its path.
func picture(t *testing.T, dir string) string {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 40, 50))
	for i := range 40 * 50 {
		m.Set(i%40, i/40, color.RGBA{uint8(i), 100, 200, 255})
	}
	f, err := os.Create(filepath.Join(dir, "picture.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, m); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}
