package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// leave makes a process write to places until it is killed.
func leave(t *testing.T, mode string, places ...string) {
	t.Helper()
	writer := exec.Command(os.Args[0], "-test.run=^TestKilledWriter$")
	writer.Env = append(os.Environ(), "ATOMICFILE_TEST_"+mode+"="+strings.Join(places, "\n"))
	out, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "begun\n" {
		t.Fatalf("the writer said %q, %v", line, err)
	}
	writer.Process.Kill()
	writer.Wait()
}

// TestKilledWriter is the process of leave.
func TestKilledWriter(t *testing.T) {
	files, folders := os.Getenv("ATOMICFILE_TEST_FILES"), os.Getenv("ATOMICFILE_TEST_FOLDERS")
	if files+folders == "" {
		t.Skip("this is run by other tests")
	}
	for name := range strings.SplitSeq(files, "\n") {
		if name == "" {
			continue
		}
		f, err := Create(name)
		if err != nil {
			t.Fatal(err)
		}
		f.WriteString("half")
	}
	for name := range strings.SplitSeq(folders, "\n") {
		if name == "" {
			continue
		}
		f, err := CreateFolder(name)
		if err != nil {
			t.Fatal(err)
		}
		os.WriteFile(filepath.Join(f.Path(), "one"), []byte("half"), 0o666)
	}
	fmt.Println("begun")
	select {}
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func writeText(name, text string) error {
	return Write(name, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
}

func TestNextWriteRemovesWhatWasLeft(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	for range 3 {
		leave(t, "FILES", name, name, name)
	}
	if got := names(t, dir); len(got) != 3 {
		t.Fatalf("%v is there, want what three writers of a killed process left", got)
	}
	if err := writeText(name, "whole"); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, name)
}

// Left files are taken for what they are by their locks: who writes now is left
// alone, whatever its process's number.
func TestWritersAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	first, err := Create(name)
	if err != nil {
		t.Fatal(err)
	}
	first.WriteString("first")
	if err := writeText(name, "second"); err != nil {
		t.Fatal(err)
	}
	if err := RemoveLeftovers(dir, func(string) bool { return true }); err != nil {
		t.Fatal(err)
	}
	if err := first.Commit(); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(name); string(got) != "first" {
		t.Errorf("the file has %q", got)
	}
	onlyFile(t, name)
}

func TestManyWritersAtOnce(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for range 10 {
				if err := writeText(name, strings.Repeat(fmt.Sprint(i%10), 100)); err != nil {
					t.Error(err)
				}
				got, err := os.ReadFile(name)
				if err != nil || len(got) != 100 || strings.Trim(string(got), string(got[:1])) != "" {
					t.Errorf("read %q, %v", got, err)
				}
			}
		})
	}
	all.Wait()
	onlyFile(t, name)
}

func TestThousandsOfLeftFilesStopNobody(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	for i := range maxPlaces + 10 {
		if err := os.WriteFile(temporaryName(filepath.Dir(name), "out", i), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeText(name, "whole"); err != nil {
		t.Fatal(err)
	}
	if got := names(t, filepath.Dir(name)); len(got) > 11 {
		t.Errorf("%d files are left", len(got))
	}
}

// What can't be removed is passed by.
func TestPlacesThatAreNoFiles(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	for i := range maxPlaces {
		if err := os.Mkdir(temporaryName(filepath.Dir(name), "out", i), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeText(name, "whole"); err != nil {
		t.Fatal(err)
	}
}

func TestRemoveLeftovers(t *testing.T) {
	dir := t.TempDir()
	wanted, other := filepath.Join(dir, "wanted.pth"), filepath.Join(dir, "other.pth")
	leave(t, "FILES", wanted, other)
	if err := os.WriteFile(wanted, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := RemoveLeftovers(dir, func(name string) bool { return name == "wanted.pth" }); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); len(got) != 2 || got[0] != ".other.pth.0.tmp" || got[1] != "wanted.pth" {
		t.Errorf("left %v", got)
	}
	if err := RemoveLeftovers(filepath.Join(dir, "none"), nil); err != nil {
		t.Error(err)
	}
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	leave(t, "FOLDERS", name)
	if got := names(t, dir); len(got) != 2 {
		t.Fatalf("%v is there, want a part and its lock", got)
	}
	f, err := CreateFolder(name + string(filepath.Separator))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := CreateFolder(name); err == nil || !strings.Contains(err.Error(), "another process is writing it") {
		t.Errorf("a second writer: %v", err)
	}
	if err := os.WriteFile(filepath.Join(f.Path(), "two"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if got := append(names(t, dir), names(t, name)...); len(got) != 2 || got[0] != "out" || got[1] != "two" {
		t.Errorf("left %v", got)
	}
	if _, err := CreateFolder(name); !errors.Is(err, fs.ErrExist) {
		t.Errorf("there already: %v", err)
	}
	dropped, err := CreateFolder(filepath.Join(dir, "dropped"))
	if err != nil {
		t.Fatal(err)
	}
	if err := dropped.Close(); err != nil {
		t.Error(err)
	}
	if _, err := CreateFolder(filepath.Join(name, "two", "x")); err == nil || !strings.Contains(err.Error(), "is no folder") {
		t.Errorf("a file as parent: %v", err)
	}
	onlyFile(t, name)
}
