package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"cellnet/internal/procmem"
)

// finished is a process that has done its work.
type finished struct {
	stdout []byte
	wall   time.Duration // from its start to its end
	memory float64       // its largest resident size, MB of 2^20 bytes; 0 if unknown
}

// start runs a program to its end, with so many processors if it is Go's.
func start(ctx context.Context, threads int, program string, args ...string) (finished, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(threads))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	err := cmd.Run()
	wall := time.Since(began)
	if ctx.Err() != nil {
		return finished{}, ctx.Err()
	}
	if err != nil {
		return finished{}, fmt.Errorf("running %s: %w%s", filepath.Base(program), err, lastLine(stderr.String()))
	}
	return finished{stdout.Bytes(), wall, float64(procmem.PeakOf(cmd.ProcessState)) / (1 << 20)}, nil
}

// lastLine returns ": " and the last line of what a process has complained of.
func lastLine(complaint string) string {
	lines := strings.Split(strings.TrimSpace(complaint), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return ": " + last
	}
	return ""
}

// decode reads the only line that a process has printed.
func (f finished) decode(into any) error {
	line := bytes.TrimSpace(f.stdout)
	if len(line) == 0 {
		return errors.New("it printed nothing")
	}
	if err := json.Unmarshal(line, into); err != nil {
		return fmt.Errorf("it printed %.100q, want one line of JSON: %w", line, err)
	}
	return nil
}
