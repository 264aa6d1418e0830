package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	for _, text := range []string{"first", "second, longer", ""} {
		err := Write(name, func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(name); err != nil || string(got) != text {
			t.Errorf("got %q, %v; want %q", got, err, text)
		}
	}
	onlyFile(t, name)
}

func TestFailedWriteKeepsTheOldFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(name, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	want := errors.New("no more")
	err := Write(name, func(w io.Writer) error {
		w.Write(make([]byte, 1<<20))
		return want
	})
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
	if got, _ := os.ReadFile(name); string(got) != "old" {
		t.Errorf("the old file now holds %.10q", got)
	}
	onlyFile(t, name)
}

func TestWriteKeepsModeAndLink(t *testing.T) {
	dir := t.TempDir()
	name, link := filepath.Join(dir, "out"), filepath.Join(t.TempDir(), "link")
	if err := os.WriteFile(name, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(name, link); err != nil {
		t.Skip(err)
	}
	if err := Write(link, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v; want 0640", info.Mode(), err)
	}
	if got, _ := os.ReadFile(name); string(got) != "new" {
		t.Errorf("the file behind the link holds %q", got)
	}
	onlyFile(t, name)
}

func TestWriteErrors(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{dir, filepath.Join(dir, "missing", "out")} {
		called := false
		if err := Write(name, func(io.Writer) error { called = true; return nil }); err == nil || called || strings.Count(err.Error(), dir) != 1 {
			t.Errorf("writing %s: error %v, called %v; want one that names the file once", name, err, called)
		}
	}
}

func TestWriteToDevice(t *testing.T) {
	if _, err := os.Stat(os.DevNull); err != nil {
		t.Skip(err)
	}
	if err := Write(os.DevNull, func(w io.Writer) error { _, err := w.Write([]byte("x")); return err }); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s was replaced by a file", os.DevNull)
	}
}

// onlyFile makes sure that nothing lies beside name.
func onlyFile(t *testing.T, name string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil || len(entries) != 1 {
		t.Errorf("%d entries beside %s, %v", len(entries)-1, name, err)
	}
}

func TestLongNames(t *testing.T) {
	for _, n := range []int{200, 223, 224, 240, 255} {
		for _, letter := range []string{"x", "é"} {
			name := filepath.Join(t.TempDir(), strings.Repeat(letter, n/len(letter)))
			leave(t, "FILES", name)
			if err := writeText(name, "whole"); err != nil {
				t.Errorf("%d bytes: %v", n, err)
			}
			onlyFile(t, name)
			folder := filepath.Join(t.TempDir(), filepath.Base(name))
			f, err := CreateFolder(folder)
			if err == nil {
				err = f.Commit()
			}
			if err != nil {
				t.Errorf("a folder of %d bytes: %v", n, err)
			}
		}
	}
}

func TestDanglingLinks(t *testing.T) {
	dir, target := t.TempDir(), t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(target, "out"), filepath.Join(dir, "second")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink("second", link); err != nil {
		t.Skip(err)
	}
	if err := writeText(link, "new"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(target, "out")); string(got) != "new" {
		t.Errorf("behind the links is %q, %v", got, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	circle := filepath.Join(dir, "circle")
	if err := os.Symlink(circle, circle); err != nil {
		t.Fatal(err)
	}
	if err := writeText(circle, ""); err == nil || !strings.Contains(err.Error(), "too many symbolic links") {
		t.Errorf("a circle: %v", err)
	}
	if err := writeText(filepath.Join(dir, "missing", "out"), ""); err == nil {
		t.Error("a missing folder is no error")
	}
}
