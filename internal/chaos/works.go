package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// work is what processes do in a folder.
type work struct {
	name      string
	args      []string
	processes int // side by side
	// finished tells, if it is not nil, that the work came to its end though its
	// process was killed: then the next run refuses to do it again.
	finished func(dir string) bool
	refused  func(message string) bool // so
	// compare compares what two folders have.
	compare func(c *campaign, want, got string) error

	reference string // folder of an undisturbed run
	lasts     time.Duration
	calls     map[string]int // of an undisturbed run
	killed    atomic.Int64
}

var small = []string{"--dataset", "synthetic", "-C", "4", "-N", "1", "--limit", "64", "--batch", "16", "--epochs", "3", "--checkpoint-every", "20ms"}

// works are all works, with inputs from a folder that makeInputs made.
func works(inputs string) []*work {
	in := func(name string) string { return filepath.Join(inputs, name) }
	there := func(name string) func(string) bool {
		return func(dir string) bool {
			_, err := os.Stat(filepath.Join(dir, name))
			return err == nil
		}
	}
	exists := func(message string) bool { return strings.Contains(message, "already exists") }
	generate := append([]string{"generate", "--archs", "0-5", "--seeds", "777", "--out", "trials"}, small...)
	generate[slices.Index(generate, "--dataset")] = "--datasets"
	return []*work{
		{name: "train", processes: 1, args: append([]string{"train", "11", "--resume", "--out", "run"}, small...), compare: compareTraining},
		{name: "generate", processes: 3, args: generate, compare: compareTrials},
		{name: "import", processes: 1, args: []string{"bench", "import", in("trials"), "-o", "own.parquet"}, compare: compareFiles},
		{name: "export", processes: 1, args: []string{"bench", "export", in("own.parquet"), "--layout", "nats-folder", "-o", "NATS-tss-own"},
			compare: compareFiles, finished: there("NATS-tss-own"), refused: exists},
		{name: "collect", processes: 1, args: []string{"collect", in("trials"), "--latency", "0", "--archive", "archive", "--benchmark", "NAS-Bench-201-own.pth", "--nats", "NATS-tss-own.pickle.pbz2"},
			compare: compareFiles, finished: there("archive"), refused: exists},
		{name: "convert", processes: 1, args: []string{"weights", "convert", in("net.pth"), "net.safetensors"}, compare: compareFiles},
		{name: "search", processes: 1, args: []string{"search", "random", "--dataset", "cifar10", "--runs", "20", "--out", "searches"}, compare: compareFiles},
	}
}

// makeInputs makes what some works read.
func (c *campaign) makeInputs(ctx context.Context, dir string) error {
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	generate := []string{"generate", "--archs", "0-7", "--datasets", "synthetic", "-C", "4", "-N", "1", "--limit", "32", "--batch", "16", "--hp", "12", "--out", "trials"}
	for _, args := range [][]string{
		generate,
		{"bench", "import", "trials", "-o", "own.parquet"},
		append([]string{"train", "11", "--out", "run"}, small...),
	} {
		cmd := exec.CommandContext(ctx, c.program, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("making inputs: cellnet %s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	return os.Rename(filepath.Join(dir, "run", "weights.pth"), filepath.Join(dir, "net.pth"))
}

// files lists all files and folders in a folder, these with a / at the end.
func files(dir string) (all []string, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		if e != nil && e.IsDir() {
			name += "/"
		}
		if strings.HasSuffix(name, ".ckpt") { // at which steps is a matter of time
			name = filepath.Dir(name) + "/checkpoint/"
		}
		all = append(all, name)
		return err
	})
	return all, err
}

func compareNames(want, got string) ([]string, error) {
	expected, err := files(want)
	if err != nil {
		return nil, err
	}
	there, err := files(got)
	if err == nil && !slices.Equal(expected, there) {
		err = fmt.Errorf("left are %v, want %v", there, expected)
	}
	return expected, err
}

// compareFiles wants the same bytes in all files.
func compareFiles(_ *campaign, want, got string) error {
	names, err := compareNames(want, got)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !strings.HasSuffix(name, "/") {
			if err := sameBytes(want, got, name); err != nil {
				return err
			}
		}
	}
	return nil
}

func sameBytes(want, got, name string) error {
	x, err := os.ReadFile(filepath.Join(want, name))
	if err != nil {
		return err
	}
	y, err := os.ReadFile(filepath.Join(got, name))
	if err == nil && !bytes.Equal(x, y) {
		err = fmt.Errorf("%s differs from that of an undisturbed run", name)
	}
	return err
}

// compareTraining wants the same weights, and a log of the same epochs but for what
// they took.
func compareTraining(_ *campaign, want, got string) error {
	if _, err := compareNames(want, got); err != nil {
		return err
	}
	for _, name := range []string{"run/weights.pth", "run/run.json"} {
		if err := sameBytes(want, got, name); err != nil {
			return err
		}
	}
	x, err := readLog(want)
	if err != nil {
		return err
	}
	y, err := readLog(got)
	if err == nil && x != y {
		err = fmt.Errorf("the log is\n%swant\n%s", y, x)
	}
	return err
}

// readLog gives a training's log without times.
func readLog(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "run", "log.jsonl"))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for line := range bytes.Lines(text) {
		var v any
		if err := json.Unmarshal(line, &v); err != nil {
			return "", fmt.Errorf("the log: %w", err)
		}
		timeless, err := json.Marshal(withoutTimes(v))
		if err != nil {
			return "", err
		}
		b.Write(append(timeless, '\n'))
	}
	return b.String(), nil
}

func withoutTimes(v any) any {
	if m, ok := v.(map[string]any); ok {
		for key, value := range m {
			if strings.Contains(key, "second") {
				delete(m, key)
			} else {
				m[key] = withoutTimes(value)
			}
		}
	}
	return v
}

// compareTrials wants trial files of the same weights.
func compareTrials(c *campaign, want, got string) error {
	names, err := compareNames(want, got)
	if err != nil {
		return err
	}
	converted, err := os.MkdirTemp("", "chaos-trials-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(converted)
	for _, name := range names {
		if !strings.HasSuffix(name, ".pth") {
			continue
		}
		for _, side := range []struct{ dir, out string }{{want, "want"}, {got, "got"}} {
			cmd := exec.Command(c.program, "weights", "convert", filepath.Join(side.dir, name), filepath.Join(converted, side.out, "net.safetensors"))
			if err := os.MkdirAll(filepath.Join(converted, side.out), 0o777); err != nil {
				return err
			}
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("reading %s: %w: %s", name, err, out)
			}
		}
		if err := sameBytes(filepath.Join(converted, "want"), filepath.Join(converted, "got"), "net.safetensors"); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
