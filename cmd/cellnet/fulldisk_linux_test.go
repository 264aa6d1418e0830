package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk trains on a file system that has no room for the checkpoints.
func TestFullDisk(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no small file system to fill: %v", err)
	}
	defer syscall.Unmount(disk, 0)
	out := filepath.Join(disk, "run")
	for end, args := range map[string][]string{
		"no space left on device: make room, then go on with: cellnet train --resume --out " + out + "\n": smallTraining(out),
		"no space left on device: make room, then go on with the same command\n":                          smallGeneration(disk),
	} {
		if r := cellnet(t, args...); r.code != exitFailed || !strings.HasSuffix(r.stderr, end) {
			t.Errorf("cellnet %q: exit code %d: %q, want an end of %q", args, r.code, r.stderr, end)
		}
	}
}
