package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// work is what processes do in a folder.
type work struct {
	name      string
	args      []string
	processes int  // side by side
	goesOn    bool // where another process stopped; others begin again
	// finished tells, if it is not nil, that the work came to its end though its
	// process was killed: then the next run refuses to do it again.
	finished func(dir string) bool
	refused  func(message string) bool // so
	// timed tells files that have the times of the work, so that only their names can
	// be compared.
	timed func(name string) bool

	reference string // folder of an undisturbed run
	lasts     time.Duration
	calls     map[string]int // of an undisturbed run
	killed    atomic.Int64
}

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
	all := []*work{
		{name: "train", goesOn: true, args: arguments("train 11 --resume --out run --dataset synthetic", small)},
		{name: "generate", goesOn: true, processes: 3, args: arguments("generate --archs 0-3 --seeds 777 --out trials --datasets synthetic", small)},
		{name: "import", args: arguments("bench import", in("trials"), "-o own.parquet")},
		{name: "export", args: arguments("bench export", in("own.parquet"), "--layout nats-folder -o NATS-tss-own"),
			finished: there("NATS-tss-own"), refused: exists},
		{name: "export file", args: arguments("bench export", in("own.parquet"), "--layout nas-bench-201 -o NAS-Bench-201-own.pth")},
		{name: "collect", args: arguments("collect", in("trials"), "--latency 0 --archive archive --benchmark NAS-Bench-201-own.pth --nats NATS-tss-own.pickle.pbz2"),
			finished: there("archive"), refused: exists},
		{name: "convert", args: arguments("weights convert", in("net.pth"), "net.safetensors")},
		{name: "search", args: arguments("search random --dataset cifar10 --runs 20 --out searches --plot searches.svg")},
		{name: "search train", goesOn: true, processes: 2, args: arguments("search random --train --evaluations 3 --budget 1e6 --out found --dataset synthetic", small),
			timed: func(name string) bool {
				return strings.HasSuffix(name, "results.pth") || strings.HasSuffix(name, ".svg")
			}},
	}
	for _, w := range all {
		w.processes = max(w.processes, 1)
	}
	return all
}

// small makes a training small, and lets it write much.
const small = "-C 1 -N 1 --limit 16 --batch 8 --epochs 6 --checkpoint-every 1ms"

// arguments splits texts without quotes.
func arguments(texts ...string) []string { return strings.Fields(strings.Join(texts, " ")) }

// makeInputs makes what some works read.
func (c *campaign) makeInputs(ctx context.Context, dir string) error {
	if strings.ContainsAny(dir, " \t\n") {
		return fmt.Errorf("the folder for temporary files, %s, has white space in its name", dir)
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	for _, args := range [][]string{
		arguments("generate --archs 0-7 --datasets synthetic -C 1 -N 1 --limit 16 --batch 8 --hp 12 --out trials"),
		arguments("bench import trials -o own.parquet"),
		arguments("train 11 --dataset synthetic --out run", small),
	} {
		cmd := exec.CommandContext(ctx, c.program, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("making inputs: cellnet %s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	return os.Rename(filepath.Join(dir, "run", "weights.pth"), filepath.Join(dir, "net.pth"))
}
