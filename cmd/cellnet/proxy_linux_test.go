package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestProxyOnAFullDisk ends with a line when the journal has no room, and goes on
// when there is some.
func TestProxyOnAFullDisk(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=16k"); err != nil {
		t.Skipf("no small file system to fill: %v", err)
	}
	defer syscall.Unmount(disk, 0)
	out := filepath.Join(disk, "scores.csv")
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 12<<10), 0o666); err != nil {
		t.Fatal(err)
	}
	args := []string{"proxy", "--archs", "0-19", "--measures", "flops,params,l2_norm,swap", "-C", "4", "-N", "1", "--batch", "4", "--out", out}
	r := cellnet(t, args...)
	if want := "no space left on device: make room, then go on with the same command\n"; r.code != exitFailed || !strings.HasSuffix(r.stderr, want) || strings.Count(r.stderr, "cellnet:") != 1 {
		t.Errorf("code %d, %q, want an end of %q", r.code, r.stderr, want)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("half a table is there")
	}
	mustCellnet(t, args...)
}
