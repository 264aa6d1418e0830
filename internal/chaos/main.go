// Command chaos kills cellnet again and again while it works, lets it go on, and
// compares what it leaves with what an undisturbed run leaves.
//
//	go run ./internal/chaos -kills 1000
//
// Processes get SIGKILL or SIGTERM, at random moments and, on Linux, before a system
// call that changes files. Each episode is one piece of work in a new folder,
// killed some times, then run to its end. After every kill what is under its final
// name must be whole. At the end all must have the same bits, records must be
// complete, and nothing else may be left.
//
// The seed decides which work is killed how, and -episode repeats the choices of one
// episode; where in its work a process is at a moment is the machine's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	var c campaign
	flag.Uint64Var(&c.seed, "seed", 1, "of all choices")
	flag.Int64Var(&c.wanted, "kills", 200, "how many processes to kill")
	flag.DurationVar(&c.limit, "time", 10*time.Minute, "how long that may take")
	flag.IntVar(&c.workers, "workers", 2*runtime.NumCPU(), "episodes side by side")
	flag.StringVar(&c.only, "only", "", "the one work to kill (default: all)")
	flag.Int64Var(&c.episode, "episode", 0, "the one episode to do, by its number")
	flag.BoolVar(&c.verbose, "v", false, "tell of every process how it is killed")
	flag.StringVar(&c.program, "cellnet", "", "program to kill (default: build this module's)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := c.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

// campaign is a run of the command.
type campaign struct {
	seed    uint64
	wanted  int64
	limit   time.Duration
	workers int
	only    string
	episode int64
	verbose bool
	program string

	works    []*work
	killat   string // program that kills at system calls; empty where there is none
	begun    atomic.Int64
	episodes atomic.Int64 // that came to their end
	counts   counts
}

// counts are the processes that were killed.
type counts struct{ kill, term, atCalls atomic.Int64 }

func (c *counts) all() int64 { return c.kill.Load() + c.term.Load() }

func (c *campaign) run(ctx context.Context) error {
	start := time.Now()
	dir, err := os.MkdirTemp("", "chaos-")
	if err != nil {
		return err
	}
	if err := c.prepare(ctx, dir); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	ctx, stop := context.WithTimeout(ctx, c.limit-time.Since(start))
	defer stop()
	if c.episode != 0 {
		err = c.disturbed(dir, c.episode)
	} else {
		err = c.disturbAll(ctx, stop, dir)
	}
	fmt.Printf("%d processes killed in %d episodes and %.0f s: %d by SIGKILL, %d by SIGTERM, of these %d at system calls\n",
		c.counts.all(), c.episodes.Load(), time.Since(start).Seconds(), c.counts.kill.Load(), c.counts.term.Load(), c.counts.atCalls.Load())
	for _, w := range c.works {
		fmt.Printf("  %-13s %4d killed\n", w.name, w.killed.Load())
	}
	if err != nil {
		return fmt.Errorf("%w (its folder is in %s)", err, dir)
	}
	return os.RemoveAll(dir)
}

// disturbAll does episodes until enough processes are killed.
func (c *campaign) disturbAll(ctx context.Context, stop func(), dir string) error {
	failures := make(chan error, c.workers)
	var workers sync.WaitGroup
	for range c.workers {
		workers.Go(func() {
			for ctx.Err() == nil && c.counts.all() < c.wanted {
				if err := c.disturbed(dir, c.begun.Add(1)); err != nil {
					failures <- err
					stop()
					return
				}
			}
		})
	}
	workers.Wait()
	close(failures)
	if err := <-failures; err != nil {
		return err
	}
	if n := c.counts.all(); n < c.wanted {
		return fmt.Errorf("only %d of %d processes could be killed in the time: give it more by -time", n, c.wanted)
	}
	return nil
}

// prepare builds the program, and does all works undisturbed.
func (c *campaign) prepare(ctx context.Context, dir string) error {
	if c.program == "" {
		c.program = filepath.Join(dir, "cellnet")
		if err := build(ctx, c.program, "./cmd/cellnet"); err != nil {
			return err
		}
	}
	if runtime.GOOS == "linux" {
		c.killat = filepath.Join(dir, "killat")
		if err := build(ctx, c.killat, "./internal/chaos/killat"); err != nil {
			return err
		}
	}
	inputs := filepath.Join(dir, "inputs")
	if err := c.makeInputs(ctx, inputs); err != nil {
		return err
	}
	for _, w := range works(inputs) {
		if c.only != "" && c.only != w.name {
			continue
		}
		w.reference = filepath.Join(dir, "reference-"+w.name)
		if err := os.Mkdir(w.reference, 0o777); err != nil {
			return err
		}
		start := time.Now()
		if err := c.finish(w, w.reference); err != nil {
			return err
		}
		w.lasts = time.Since(start)
		if err := c.countCalls(ctx, w, dir); err != nil {
			return err
		}
		c.works = append(c.works, w)
	}
	if len(c.works) == 0 {
		return fmt.Errorf("no work is called %q", c.only)
	}
	return nil
}

func build(ctx context.Context, program, from string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, from)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building %s: %w", from, err)
	}
	return nil
}

// disturbed is an episode: it kills a work some times, lets it come to its end, and
// compares.
func (c *campaign) disturbed(parent string, number int64) error {
	r := rand.New(rand.NewPCG(c.seed, uint64(number)))
	w := c.works[int(number)%len(c.works)]
	dir := filepath.Join(parent, fmt.Sprintf("episode-%d-%s", number, w.name))
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	fail := func(err error) error {
		return fmt.Errorf("%s: %w: -seed %d -episode %d repeats it", w.name, err, c.seed, number)
	}
	for range 4 + r.IntN(10) {
		killed, err := c.disturb(w, dir, r)
		if err == nil {
			err = w.compareWhole(dir)
		}
		if err != nil {
			return fail(err)
		}
		w.killed.Add(int64(killed))
		if killed == 0 && w.goesOn || w.finished != nil && w.finished(dir) {
			break
		}
	}
	if err := c.finish(w, dir); err != nil {
		return fail(err)
	}
	if err := w.compareAll(dir); err != nil {
		return fail(err)
	}
	c.episodes.Add(1)
	return os.RemoveAll(dir)
}

// finish lets a work come to its end.
func (c *campaign) finish(w *work, dir string) error {
	cmd := exec.Command(c.program, w.args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && w.finished != nil && w.finished(dir) {
		return nil // it was, before it was killed
	}
	if err != nil {
		return fmt.Errorf("the last run: %w: %s", err, out)
	}
	return nil
}
