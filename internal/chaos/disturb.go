package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// calls are the system calls at which processes are killed: those that change files.
var calls = []string{"openat", "write", "pwrite64", "fsync", "fchmod", "flock", "renameat", "rename", "renameat2", "unlinkat", "mkdirat", "ftruncate", "close"}

// countCalls counts the system calls of an undisturbed run.
func (c *campaign) countCalls(ctx context.Context, w *work, parent string) error {
	if c.strace == "" {
		return nil
	}
	dir := filepath.Join(parent, "counted-"+w.name)
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	trace := filepath.Join(parent, w.name+".strace")
	args := append([]string{"-f", "-qq", "-e", "signal=none", "-e", "trace=" + strings.Join(calls, ","), "-o", trace, c.program}, w.args...)
	cmd := exec.CommandContext(ctx, c.strace, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Printf("strace does not run here, so nothing is killed at system calls: %v: %.200s\n", err, out)
		c.strace = ""
		return nil
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		return err
	}
	w.calls = map[string]int{}
	for line := range bytes.Lines(text) {
		_, call, _ := strings.Cut(string(line), " ")
		if name, _, ok := strings.Cut(strings.TrimSpace(call), "("); ok {
			w.calls[name]++
		}
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
		all.Go(func() { dead[i], ended[i] = c.runAndKill(w, dir, k) })
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

func (c *campaign) choose(w *work, r *rand.Rand) killing {
	k := killing{signal: syscall.SIGKILL}
	if r.IntN(4) == 0 {
		k.signal = syscall.SIGTERM
	}
	if c.strace == "" || r.IntN(3) == 0 {
		k.after = time.Duration(r.Float64() * float64(w.lasts))
		return k
	}
	for k.number == 0 {
		k.call = calls[r.IntN(len(calls))]
		if n := w.calls[k.call]; n > 0 {
			k.number = 1 + r.IntN(n)
		}
	}
	return k
}

// runAndKill runs a process. killed tells that it did not come to its end; another
// end than success or the signal's is an error.
func (c *campaign) runAndKill(w *work, dir string, k killing) (killed bool, err error) {
	name, args := c.program, w.args
	if k.call != "" {
		signal := "KILL"
		if k.signal == syscall.SIGTERM {
			signal = "TERM"
		}
		name, args = c.strace, append([]string{
			"-f", "-qq", "-e", "signal=none", "-o", os.DevNull, "-e", "trace=" + k.call,
			"-e", fmt.Sprintf("inject=%s:signal=%s:when=%d", k.call, signal, k.number), c.program,
		}, w.args...)
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
	case w.refused != nil && w.refused(lastLine(stderr.Bytes())):
		return false, nil
	default:
		return false, fmt.Errorf("a process to be killed (%+v) ended with %w: %s", k, err, stderr.Bytes())
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

func lastLine(text []byte) (last string) {
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		last = lines.Text()
	}
	return last
}
