package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The process behind Python's objects ends when Python is killed, also while a fork of
// Python holds its pipes open.
func TestPythonIsKilled(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here")
	}
	dir := t.TempDir()
	mustCellnet(t, "python", filepath.Join(dir, "api"))
	self := filepath.Join(dir, "cellnet")
	script := fmt.Sprintf("#!/bin/sh\n%s=1 exec %s -test.run='^TestMainProcess$' -- \"$@\"\n", mainEnv, os.Args[0])
	if err := os.WriteFile(self, []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	const program = `
import os, sys, time
from nats_bench import create
api = create("builtin", "tss", verbose=False)
if sys.argv[1] == "fork" and os.fork() == 0:
    time.sleep(30)
    os._exit(0)
print(api._connection._finalizer.peek()[2][2].pid, flush=True)
time.sleep(30)
`
	for _, how := range []string{"alone", "fork"} {
		t.Run(how, func(t *testing.T) {
			cmd := exec.Command(python, "-c", program, how)
			cmd.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join(dir, "api"), "CELLNET="+self)
			cmd.Stderr = os.Stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			running := func() bool {
				command, _ := os.ReadFile(filepath.Join("/proc", strings.TrimSpace(line), "cmdline"))
				return strings.Contains(string(command), "serve") // nothing of one that has ended
			}
			if !running() {
				t.Fatalf("no process %s", line)
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			go cmd.Wait()
			for range 300 {
				if !running() {
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
			t.Error("it outlives Python by 30 seconds")
		})
	}
}
