//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestIrregularFiles gives a FIFO, that nobody writes to, wherever a command
// takes a file.
func TestIrregularFiles(t *testing.T) {
	dir := t.TempDir()
	fifo := func(name ...string) string {
		path := filepath.Join(append([]string{dir}, name...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(path, 0o666); err != nil {
			t.Skipf("no FIFO can be made here: %v", err)
		}
		return path
	}
	file := fifo("x.pth")
	trial := fifo("trial", "arch-000157-seed-0777.pth")
	record := fifo("run", "run.json")
	arch := "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"
	network := []string{"--dataset", "synthetic", "-C", "4", "-N", "1"}
	out := filepath.Join(dir, "out")
	for what, args := range map[string][]string{
		"weights":        {"weights", "show", file},
		"conversion":     {"weights", "convert", file, out + ".safetensors"},
		"evaluation":     {"eval", arch, "--weights", file, "--dataset", "synthetic"},
		"benchmark":      {"query", "show", file, "3"},
		"trial":          {"query", "show", trial, "157"},
		"folder":         {"query", "show", filepath.Dir(trial), "157"},
		"import":         {"bench", "import", file, "-o", out},
		"export":         {"bench", "export", file, "-o", out},
		"server":         {"serve", file},
		"list":           {"generate", "--archs", file, "--datasets", "synthetic", "--out", out},
		"recipe":         append([]string{"train", arch, "--config", file, "--out", out}, network...),
		"record of runs": {"train", "--resume", "--out", filepath.Dir(record)},
		"supernet":       {"search", "one-shot", file, "--dataset", "synthetic"},
		"search":         {"search", "gdas", "--resume", "--out", filepath.Dir(fifo("search", "search.json"))},
		"scores":         {"proxy", "correlate", fifo("scores.csv"), "--with", "builtin", "--dataset", "cifar10", "--set", "test", "--hp", "200"},
		"columns":        {"query", "builtin", "best", "--with", fifo("columns.csv"), "--dataset", "cifar10", "--set", "test", "--hp", "200"},
		"curves":         {"curves", "a=" + fifo("log.jsonl"), "--output", out + ".svg"},
	} {
		t.Run(what, func(t *testing.T) {
			done := make(chan string, 1)
			go func() {
				r := cellnet(t, args...)
				if r.code != exitFailed {
					t.Errorf("exit code %d, want %d", r.code, exitFailed)
				}
				done <- r.stderr
			}()
			select {
			case stderr := <-done:
				if !strings.Contains(stderr, "no regular file") || strings.Count(stderr, "\n") != 1 {
					t.Errorf("%v says %q, want one line on the file", args, stderr)
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("%v waits for a writer", args)
			}
		})
	}
}
