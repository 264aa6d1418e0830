//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// smallWalk scores small networks into a table.
func smallWalk(out, archs string) []string {
	return []string{"proxy", "--archs", archs, "--measures", "all", "-C", "4", "-N", "1", "--batch", "4", "--jobs", "2", "--out", out}
}

// TestKilledProxyGoesOn kills a walk again and again: only what was in flight is
// computed anew, and the table is that of a walk that nothing disturbed.
func TestKilledProxyGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	whole, parts := filepath.Join(dir, "whole.csv"), filepath.Join(dir, "parts.csv")
	const archs = "0-29"
	mustCellnet(t, smallWalk(whole, archs)...)
	done := func() int {
		text, err := os.ReadFile(parts + ".part")
		if err != nil {
			return 0
		}
		return bytes.Count(text, []byte("\n"))
	}
	before := 0
	for range 3 {
		cmd, lines := startCellnet(t, smallWalk(parts, archs)...)
		go func() {
			for lines.Scan() {
			}
		}()
		for range 1000 {
			if time.Sleep(10 * time.Millisecond); done() >= before+4 {
				break
			}
		}
		cmd.Process.Kill()
		cmd.Wait()
		if now := done(); now < before {
			t.Fatalf("%d lines are left of %d", now, before)
		} else {
			before = now
		}
	}
	mustCellnet(t, smallWalk(parts, archs)...)
	if got, want := readFile(t, parts), readFile(t, whole); !bytes.Equal(got, want) {
		t.Errorf("the table is\n%s\nwant\n%s", got, want)
	}
}

func TestSignalledProxyGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	whole, parts := filepath.Join(dir, "whole.csv"), filepath.Join(dir, "parts.csv")
	const archs = "0-99"
	start := time.Now()
	mustCellnet(t, smallWalk(whole, archs)...)
	interruptOften(t, time.Since(start)/3+100*time.Millisecond, "go on with the same command\n", func() []string { return smallWalk(parts, archs) })
	if got, want := readFile(t, parts), readFile(t, whole); strings.Count(string(got), "\n") != 101 || !bytes.Equal(got, want) {
		t.Errorf("the table is\n%s\nwant\n%s", got, want)
	}
}
