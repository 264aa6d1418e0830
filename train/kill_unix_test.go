//go:build unix

package train

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const killFolderEnv = "CELLNET_TEST_KILL_FOLDER"

// TestKilledRun is the process that TestKilledRunsGoOn kills.
func TestKilledRun(t *testing.T) {
	folder := os.Getenv(killFolderEnv)
	if folder == "" {
		t.Skip("runs in a process of its own only")
	}
	say := func(what string) { fmt.Println("did", what) }
	trainer := newTrainer(t, smallRun(t), smallData(t, 40, 20), Options{
		Checkpoints: folder, Interval: 1,
		Hooks: Hooks{
			OnStep:       func(Progress) { say("step") },
			OnEvaluation: func(EvaluationProgress) { say("evaluation") },
			OnCheckpoint: func(string) { say("checkpoint") },
		},
	})
	if _, damaged, err := trainer.Resume(); err != nil || len(damaged) > 0 {
		t.Fatal(err, damaged)
	}
	if err := trainer.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := trainer.WriteWeights(filepath.Join(folder, "weights.pth")); err != nil {
		t.Fatal(err)
	}
}

// TestKilledRunsGoOn kills a run at ten random moments.
func TestKilledRunsGoOn(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a dozen processes")
	}
	d := smallData(t, 40, 20)
	whole := newTrainer(t, smallRun(t), d, Options{})
	if err := whole.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(t.TempDir(), "weights.pth")
	if err := whole.WriteWeights(want); err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	folder := t.TempDir()
	for kill := range 10 {
		if did := runKilled(t, folder, random.IntN(3), time.Duration(random.IntN(3000))*time.Microsecond); !did {
			t.Logf("seed %d: the run ended before kill %d", seed, kill)
			break
		}
	}
	if runKilled(t, folder, -1, 0) {
		t.Fatal("the last run did not end")
	}
	a, err := os.ReadFile(want)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(folder, "weights.pth"))
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Errorf("seed %d: the result differs from that of an uninterrupted run", seed)
	}
}

// runKilled starts the run and kills it some time after it did so many things; it
// reports whether the run was killed. A negative count lets it end.
func runKilled(t *testing.T, folder string, count int, later time.Duration) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKilledRun$", "-test.v")
	run.Env = append(os.Environ(), killFolderEnv+"="+folder)
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	did := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "did ") {
			if did++; did == count+1 {
				time.Sleep(later)
				run.Process.Kill()
			}
		}
	}
	err = run.Wait()
	if status, ok := run.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && ctx.Err() == nil {
		return true
	}
	if err != nil {
		t.Fatalf("the run failed: %v\n%s", err, &text)
	}
	return false
}
