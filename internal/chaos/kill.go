package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// countCalls counts the system calls of an undisturbed run.
func (c *campaign) countCalls(ctx context.Context, w *work, parent string) error {
	if c.killat == "" {
		return nil
	}
	dir := filepath.Join(parent, "counted-"+w.name)
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	counts := filepath.Join(dir, "calls.json")
	cmd := exec.CommandContext(ctx, c.killat, append([]string{"count", counts, c.program}, w.args...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Printf("processes can't be traced here, so nothing is killed at system calls: %v: %.200s\n", err, out)
		c.killat = ""
		return nil
	}
	text, err := os.ReadFile(counts)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &w.calls); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// disturb runs the processes of a work and kills them. It gives the number of those
// that did not come to their end.
func (c *campaign) disturb(w *work, dir string, r *rand.Rand) (killed int, err error) {
	var all sync.WaitGroup
	ended := make([]error, w.processes)
	dead := make([]bool, w.processes)
	for i := range w.processes {
		k := c.choose(w, r)
		all.Go(func() {
			dead[i], ended[i] = c.runAndKill(w, dir, k)
			if c.verbose {
				fmt.Printf("%s, process %d: %v: killed: %v\n", filepath.Base(dir), i, k, dead[i])
			}
		})
	}
	all.Wait()
	for _, d := range dead {
		if d {
			killed++
		}
	}
	return killed, errors.Join(ended...)
}

// killing is how a process is killed.
type killing struct {
	signal syscall.Signal
	after  time.Duration // after its start; or
	call   string        // at a system call,
	number int           // counted from 1
}

func (k killing) String() string {
	if k.call == "" {
		return fmt.Sprintf("%v after %v", k.signal, k.after)
	}
	return fmt.Sprintf("%v at %s number %d", k.signal, k.call, k.number)
}

func (c *campaign) choose(w *work, r *rand.Rand) killing {
	k := killing{signal: syscall.SIGKILL}
	if r.IntN(4) == 0 {
		k.signal = syscall.SIGTERM
	}
	moment := r.Float64() // of the work
	if w.goesOn {
		moment *= r.Float64() // what is left of it gets less
	}
	if atCall := r.IntN(3) > 0; !atCall || c.killat == "" {
		k.after = time.Duration(moment * float64(w.lasts))
		return k
	}
	names := slices.Sorted(maps.Keys(w.calls))
	k.call = names[r.IntN(len(names))]
	k.number = 1 + int(moment*float64(w.calls[k.call]))
	return k
}

// runAndKill runs a process. killed tells that it did not come to its end; another
// end than success or the signal's is an error.
func (c *campaign) runAndKill(w *work, dir string, k killing) (killed bool, err error) {
	name, args := c.program, w.args
	if k.call != "" {
		signal := map[syscall.Signal]string{syscall.SIGKILL: "KILL", syscall.SIGTERM: "TERM"}[k.signal]
		name, args = c.killat, append([]string{signal, k.call, strconv.Itoa(k.number), c.program}, args...)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return false, err
	}
	if k.call == "" {
		timer := time.AfterFunc(k.after, func() { _ = cmd.Process.Signal(k.signal) })
		defer timer.Stop()
	}
	err = cmd.Wait()
	if err == nil {
		return false, nil
	}
	const interrupted = 130 // cellnet's exit code
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case status.Signaled() && status.Signal() == k.signal, status.ExitStatus() == 128+int(k.signal), status.ExitStatus() == interrupted:
	case w.refused != nil && w.refused(lastLine(stderr.String())):
		return false, nil
	default:
		return false, fmt.Errorf("a process to be killed (%v) ended with %w: %s", k, err, stderr.Bytes())
	}
	if k.signal == syscall.SIGTERM {
		c.counts.term.Add(1)
	} else {
		c.counts.kill.Add(1)
	}
	if k.call != "" {
		c.counts.atCalls.Add(1)
	}
	return true, nil
}

func lastLine(text string) string {
	text = strings.TrimRight(text, "\n")
	return text[strings.LastIndexByte(text, '\n')+1:]
}
