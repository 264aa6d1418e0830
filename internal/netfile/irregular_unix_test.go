//go:build unix

package netfile

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"cellnet/internal/inputfile"
)

// TestIrregularFiles gives a FIFO that nobody writes to.
func TestIrregularFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.json")
	if err := syscall.Mkfifo(path, 0o666); err != nil {
		t.Skipf("no FIFO can be made here: %v", err)
	}
	if _, _, err := Read(path, Options{C: 16, N: 5, Classes: 10}); !errors.Is(err, inputfile.ErrNotRegular) {
		t.Errorf("a network: %v", err)
	}
	if _, err := Genotype(path, nil); !errors.Is(err, inputfile.ErrNotRegular) {
		t.Errorf("a genotype: %v", err)
	}
}
