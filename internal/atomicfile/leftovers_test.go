package atomicfile

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRemoveLeftovers(t *testing.T) {
	dir := t.TempDir()
	wanted := filepath.Join(dir, "wanted.pth")
	f, err := Create(wanted) // and never commit
	if err != nil {
		t.Fatal(err)
	}
	defer f.File.Close()
	if err := os.WriteFile(wanted, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	other, err := Create(filepath.Join(dir, "other.pth"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := RemoveLeftovers(dir, func(name string) bool { return name == "wanted.pth" }); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{wanted: true, f.File.Name(): false, other.File.Name(): true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", path, err == nil, want)
		}
	}
	if err := RemoveLeftovers(filepath.Join(dir, "none"), nil); err != nil {
		t.Error(err)
	}
}
