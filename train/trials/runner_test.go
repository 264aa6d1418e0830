package trials

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cellnet/bench/trialfile"
	"cellnet/data"
	"cellnet/models"
	"cellnet/train"
	"cellnet/weights"
)

// smallSet is six trials of a moment each.
func smallSet(t testing.TB) Set {
	t.Helper()
	recipe, err := train.Preset(12)
	if err != nil {
		t.Fatal(err)
	}
	recipe.Epochs, recipe.BatchSize, recipe.Rate = 2, 16, 0.05
	return Set{Archs: []int{157, 0, 1}, Seeds: []uint32{777, 888}, Datasets: []data.Dataset{data.Synthetic}, Recipe: recipe, C: 4, N: 1}
}

func smallData(d data.Dataset) (*train.Data, error) {
	source, err := data.Open(d, data.Options{Synthetic: data.SyntheticSize{Train: 40, Test: 20}})
	if err != nil {
		return nil, err
	}
	images, _, err := train.LoadData(source)
	return images, err
}

func newRunner(t testing.TB, set Set, out string) *Runner {
	t.Helper()
	items, err := set.Items()
	if err != nil {
		t.Fatal(err)
	}
	return &Runner{Set: set, Items: items, Out: out, Jobs: 1, Load: smallData, Format: weights.Zip, Info: "a test"}
}

// weightsOf gives the numbers in all trial files of a folder.
func weightsOf(t testing.TB, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, _, ok := trialfile.ParseName(e.Name()); !ok {
			continue
		}
		f, err := weights.OpenFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		n, err := f.Select(weights.Selector{})
		if err != nil {
			t.Fatal(err)
		}
		state, err := n.Load()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		for name, tensor := range state.All() {
			b.WriteString(name)
			b.Write(tensor.Data)
		}
		all[e.Name()] = b.String()
		f.Close()
	}
	return all
}

func sameWeights(t testing.TB, got, want map[string]string) {
	t.Helper()
	for name := range want {
		if got[name] == "" {
			t.Errorf("%s is missing", name)
		} else if got[name] != want[name] {
			t.Errorf("%s has other weights", name)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d trial files, want %d", len(got), len(want))
	}
}

// reference trains the small set in a folder of its own.
func reference(t testing.TB) map[string]string {
	t.Helper()
	out := t.TempDir()
	summary, err := newRunner(t, smallSet(t), out).Run(t.Context())
	if err != nil || summary.Trained != 6 {
		t.Fatalf("%+v, %v", summary, err)
	}
	all := weightsOf(t, smallSet(t).Folder(out))
	if len(all) != 6 {
		t.Fatalf("%d trial files", len(all))
	}
	return all
}

func TestRunner(t *testing.T) {
	want := reference(t)
	out := t.TempDir()
	set := smallSet(t)

	// Interrupted in the middle of a trial, three jobs side by side, then resumed.
	ctx, cancel := context.WithCancel(t.Context())
	runner := newRunner(t, set, out)
	runner.Jobs = 3
	steps := 0
	runner.Hooks.OnStep = func(int, Item, data.Dataset, train.Progress) {
		if steps++; steps == 8 {
			cancel()
		}
	}
	if _, err := runner.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	var begun []string
	runner = newRunner(t, set, out)
	runner.Hooks.OnBegin = func(_ int, item Item, d data.Dataset, epochs, steps int, _ *train.Data) {
		if epochs+steps > 0 {
			begun = append(begun, fmt.Sprintf("%v %v", item, d))
		}
	}
	summary, err := runner.Run(t.Context())
	if err != nil || summary.Trained+summary.Finished != 6 || summary.Taken != 0 {
		t.Errorf("%+v, %v", summary, err)
	}
	if len(begun) == 0 {
		t.Error("nothing was resumed")
	}
	sameWeights(t, weightsOf(t, set.Folder(out)), want)

	summary, err = newRunner(t, set, out).Run(t.Context())
	if err != nil || summary.Finished != 6 || summary.Trained != 0 {
		t.Errorf("a further run: %+v, %v", summary, err)
	}
	for _, folder := range []string{claimsFolder, unfinishedFolder} {
		if left, err := os.ReadDir(filepath.Join(set.Folder(out), folder)); err != nil || len(left) > 0 {
			t.Errorf("left in %s: %v, %v", folder, left, err)
		}
	}
}

const processEnv = "CELLNET_TEST_TRIALS_OUT"

// TestProcess is a process that other tests start.
func TestProcess(t *testing.T) {
	out := os.Getenv(processEnv)
	if out == "" {
		t.Skip("runs in a process of its own only")
	}
	runner := newRunner(t, smallSet(t), out)
	runner.Interval = 1
	runner.Hooks.OnStep = func(_ int, item Item, _ data.Dataset, p train.Progress) { fmt.Println("step", item) }
	runner.Hooks.OnFinish = func(_ int, item Item) { fmt.Println("finished", item) }
	if _, err := runner.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// process is a running TestProcess.
type process struct {
	*exec.Cmd
	lines    *bufio.Scanner
	text     strings.Builder
	finished []string
	steps    int
}

func startProcess(t *testing.T, out string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	p := &process{Cmd: exec.CommandContext(ctx, os.Args[0], "-test.run=^TestProcess$", "-test.v")}
	p.Env = append(os.Environ(), processEnv+"="+out)
	pipe, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Stderr = &p.text
	p.lines = bufio.NewScanner(pipe)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// follow reads what the process prints until until says so, or to its end.
func (p *process) follow(until func() bool) {
	for p.lines.Scan() {
		line := p.lines.Text()
		p.text.WriteString(line + "\n")
		if item, ok := strings.CutPrefix(line, "finished "); ok {
			p.finished = append(p.finished, item)
		}
		if strings.HasPrefix(line, "step ") {
			p.steps++
		}
		if until != nil && until() {
			return
		}
	}
}

func TestKilledProcessesLoseNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	want := reference(t)
	out := t.TempDir()
	first, second := startProcess(t, out), startProcess(t, out)
	first.follow(func() bool { return first.steps == 9 }) // in its second trial or so
	first.Process.Kill()
	first.follow(nil)
	first.Wait()
	second.follow(nil)
	if err := second.Wait(); err != nil {
		t.Fatalf("the second process failed: %v\n%s", err, &second.text)
	}
	third := startProcess(t, out)
	third.follow(nil)
	if err := third.Wait(); err != nil {
		t.Fatalf("the third process failed: %v\n%s", err, &third.text)
	}
	all := slices.Concat(first.finished, second.finished, third.finished)
	if once := distinct(all); len(once) != len(all) {
		t.Errorf("trained to the end more than once: %v", all)
	}
	if len(first.finished) == 6 || len(second.finished) == 0 {
		t.Errorf("finished by the first, second and third process: %v, %v, %v", first.finished, second.finished, third.finished)
	}
	sameWeights(t, weightsOf(t, smallSet(t).Folder(out)), want)
}

func TestDivergedTrialsDoNotStopOthers(t *testing.T) {
	set := smallSet(t)
	set.Recipe.Schedule = train.MultiStep{Milestones: []int{0}, Factors: []float64{1e30}}
	out := t.TempDir()
	summary, err := newRunner(t, set, out).Run(t.Context())
	if err != nil || len(summary.Diverged) != 6 || summary.Trained != 0 {
		t.Errorf("%+v, %v", summary, err)
	}
	if all := weightsOf(t, set.Folder(out)); len(all) != 0 {
		t.Errorf("trial files %v", all)
	}
}

func TestFolderOfAnotherSet(t *testing.T) {
	set, out := smallSet(t), t.TempDir()
	if _, err := set.open(set.Folder(out), false); err != nil {
		t.Fatal(err)
	}
	if _, err := set.open(set.Folder(out), false); err != nil {
		t.Errorf("the same set again: %v", err)
	}
	set.Recipe.Rate = 1
	if _, err := set.open(set.Folder(out), false); err == nil || !strings.Contains(err.Error(), "choose another folder") {
		t.Errorf("another recipe: %v", err)
	}
}

// TestFolderFixesKernels opens a folder on what would be other machines.
func TestFolderFixesKernels(t *testing.T) {
	all := models.SupportedISAs()
	best, missing := all[len(all)-1], models.AVX512
	if best == models.Generic {
		t.Skip("this processor runs the generic kernels only")
	}
	set, out := smallSet(t), t.TempDir()
	folder := set.Folder(out)
	opened := func(asked models.ISA, mix bool) (models.ISA, error) {
		set.Kernels = asked
		return set.open(folder, mix)
	}
	if got, err := opened(models.Generic, false); got != models.Generic || err != nil {
		t.Fatalf("a new folder: %v, %v", got, err)
	}
	if got, err := opened(models.AnyISA, false); got != models.Generic || err != nil {
		t.Errorf("the folder's: %v, %v", got, err)
	}
	if _, err := opened(best, false); err == nil || !strings.Contains(err.Error(), "computed by the generic kernels, and "+best.String()+" was asked for") {
		t.Errorf("others: %v", err)
	}
	if got, err := opened(best, true); got != best || err != nil {
		t.Errorf("mixed: %v, %v", got, err)
	}

	path := filepath.Join(folder, setName)
	record, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rewrite := func(now string) {
		t.Helper()
		text := strings.Replace(string(record), `,"kernels":"generic"`, now, 1)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil || text == string(record) {
			t.Fatal(err, text)
		}
	}
	rewrite("") // as older programs wrote it
	if got, err := opened(best, false); got != best || err != nil {
		t.Errorf("a folder of an older program: %v, %v", got, err)
	}
	if slices.Contains(all, missing) {
		return
	}
	rewrite(`,"kernels":"` + missing.String() + `"`)
	if _, err := opened(models.AnyISA, false); err == nil || !strings.Contains(err.Error(), "does not run the avx512 kernels") {
		t.Errorf("kernels that this processor lacks: %v", err)
	}
}

func TestTrialFilesTellKernels(t *testing.T) {
	set, out := smallSet(t), t.TempDir()
	set.Kernels = models.Generic
	if _, err := newRunner(t, set, out).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	paths, err := trialfile.Find(out)
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		if file, err := trialfile.ReadFile(path); err != nil || !slices.Equal(file.Kernels, []string{"generic"}) {
			t.Errorf("%s: kernels %v, %v", path, file, err)
		}
	}
}
