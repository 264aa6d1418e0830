//go:build unix

package inputfile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	file, fifo, link := filepath.Join(dir, "file"), filepath.Join(dir, "fifo"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("four"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(fifo, 0o666); err != nil {
		t.Skipf("no FIFO can be made here: %v", err)
	}
	if err := os.Symlink(fifo, link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		want error
	}{
		{file, nil},
		{dir, ErrFolder},
		{fifo, ErrNotRegular},
		{link, ErrNotRegular},
		{"/dev/zero", ErrNotRegular},
		{filepath.Join(dir, "none"), os.ErrNotExist},
	} {
		f, size, err := Open(c.path)
		if !errors.Is(err, c.want) || (f != nil) != (c.want == nil) {
			t.Errorf("Open(%s): error %v, want %v", c.path, err, c.want)
		}
		if f != nil {
			if size != 4 {
				t.Errorf("%s has %d bytes, want 4", c.path, size)
			}
			f.Close()
		}
	}
}

// TestRead has a sparse file that no memory holds.
func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("four"), 0o666); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(path, 4); err != nil || string(got) != "four" {
		t.Errorf("read %q, error %v", got, err)
	}
	for _, size := range []int64{5, 300 << 30} {
		if err := os.Truncate(path, size); err != nil {
			t.Skipf("no sparse file of %d bytes can be made here: %v", size, err)
		}
		var large *TooLargeError
		if _, err := Read(path, 4); !errors.As(err, &large) || large.Size != size {
			t.Errorf("%d bytes: error %v, want a *TooLargeError", size, err)
		}
	}
}
