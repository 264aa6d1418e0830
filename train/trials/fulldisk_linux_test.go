package trials

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestFullDisk(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=400k"); err != nil {
		t.Skipf("no small file system to fill: %v", err)
	}
	defer syscall.Unmount(disk, 0)
	set := smallSet(t)
	summary, err := newRunner(t, set, disk).Run(t.Context())
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "arch 0") {
		t.Fatalf("%+v, %v, want an error about the disk that names the trial", summary, err)
	}
	if summary.Trained == 0 || summary.Trained == 6 {
		t.Fatalf("%d trials fit", summary.Trained)
	}
	all := weightsOf(t, set.Folder(disk))
	if len(all) != summary.Trained {
		t.Errorf("%d trial files of %d trials", len(all), summary.Trained)
	}
	want := reference(t)
	for name, numbers := range all {
		if want[name] != numbers {
			t.Errorf("%s has other weights", name)
		}
	}
	err = filepath.WalkDir(disk, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".tmp") {
			t.Errorf("left: %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
