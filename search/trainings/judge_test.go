package trainings

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/bench/trialfile"
	"cellnet/data"
	"cellnet/search"
	"cellnet/train"
	"cellnet/train/trials"
	"cellnet/weights"
)

// tiny is a runner of trainings of a moment each.
func tiny(out string) (trials.Runner, error) {
	recipe, err := train.Preset(12)
	if err != nil {
		return trials.Runner{}, err
	}
	recipe.Epochs, recipe.BatchSize, recipe.Rate = 1, 8, 0.05
	return trials.Runner{
		Set: trials.Set{Seeds: []uint32{777}, Datasets: []data.Dataset{data.Synthetic}, Recipe: recipe, C: 4, N: 1},
		Out: out, Format: weights.Zip, Info: "a test",
		Load: func(d data.Dataset) (*train.Data, error) {
			source, err := data.Open(d, data.Options{Synthetic: data.SyntheticSize{Train: 160, Test: 60}})
			if err != nil {
				return nil, err
			}
			images, _, err := train.LoadData(source)
			return images, err
		},
	}, nil
}

// evolve searches in a folder and tells of each training as it ends.
func evolve(t *testing.T, out string) *search.Run {
	t.Helper()
	r, err := tiny(out)
	if err != nil {
		t.Fatal(err)
	}
	r.Hooks.OnFinish = func(_ int, item trials.Item) { fmt.Printf("trained %s\n", item.FileName()) }
	j, err := New(r)
	if err != nil {
		t.Fatal(err)
	}
	run, err := search.Search(t.Context(), search.Evolution{Population: 4, Sample: 2}, search.Problem{
		Space: search.Topology(), Judge: j, Epochs: 1, Budget: 1e9, Evaluations: 9, Seed: 3, Ahead: j.Ahead,
	})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// folderEnv names the folder to a process that searches.
const folderEnv = "CELLNET_SEARCH_FOLDER"

func TestSearchingProcess(t *testing.T) {
	out := os.Getenv(folderEnv)
	if out == "" {
		t.Skip("only within another test")
	}
	found, err := json.Marshal(evolve(t, out).Visited)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("visited %s\n", found)
}

// process is one that searches.
type process struct {
	*exec.Cmd
	lines *bufio.Scanner
}

func start(t *testing.T, out string) process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSearchingProcess$")
	cmd.Env = append(os.Environ(), folderEnv+"="+out)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return process{cmd, bufio.NewScanner(pipe)}
}

// end gives what a process trained and visited.
func (p process) end(t *testing.T) (trained []string, visited []int) {
	t.Helper()
	for p.lines.Scan() {
		if name, ok := strings.CutPrefix(p.lines.Text(), "trained "); ok {
			trained = append(trained, name)
		}
		if list, ok := strings.CutPrefix(p.lines.Text(), "visited "); ok {
			if err := json.Unmarshal([]byte(list), &visited); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := p.Wait(); err != nil {
		t.Fatal(err)
	}
	return trained, visited
}

// TestProcessesVisitTheSame has two processes search in one folder, kills one and
// starts it again.
func TestProcessesVisitTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	undisturbed := evolve(t, t.TempDir())
	want := undisturbed.Visited
	if accuracies := slices.Compact(slices.Sorted(slices.Values(undisturbed.Accuracy))); len(accuracies) < 3 {
		t.Fatalf("accuracies %v tell nothing apart", undisturbed.Accuracy)
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(want)))
	if len(want) != 9 {
		t.Fatalf("visited %v, want 9", want)
	}

	out := t.TempDir()
	killed, other := start(t, out), start(t, out)
	var trained []string
	if killed.lines.Scan() { // after its first training
		if name, ok := strings.CutPrefix(killed.lines.Text(), "trained "); ok {
			trained = append(trained, name)
		}
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for killed.lines.Scan() { // what it wrote before it ended
		if name, ok := strings.CutPrefix(killed.lines.Text(), "trained "); ok {
			trained = append(trained, name)
		}
	}
	killed.Wait()
	again := start(t, out)
	for _, p := range []process{other, again} {
		names, visited := p.end(t)
		trained = append(trained, names...)
		if !slices.Equal(visited, want) {
			t.Errorf("visited %v, want %v as undisturbed", visited, want)
		}
	}
	slices.Sort(trained)
	if once := slices.Compact(slices.Clone(trained)); len(once) != len(trained) {
		t.Errorf("trained more than once: %v", trained)
	}
	r, err := tiny(out)
	if err != nil {
		t.Fatal(err)
	}
	files, err := trialfile.Find(r.Set.Folder(out))
	if err != nil || len(files) != len(distinct) {
		t.Errorf("%d trial files, error %v, want %d: one for each architecture", len(files), err, len(distinct))
	}
	if left, err := os.ReadDir(filepath.Join(r.Set.Folder(out), trialfile.UnfinishedFolder)); err == nil && len(left) > 0 {
		t.Errorf("unfinished trainings are left: %v", left)
	}
}

func TestJudge(t *testing.T) {
	r, err := tiny(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	j, err := New(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Train(t.Context(), search.Job{Arch: 157, Epochs: 2}); err == nil || !strings.Contains(err.Error(), "for 2 of 1 epochs") {
		t.Errorf("too long a training: error %v", err)
	}
	if _, _, err := j.Final(157); err == nil || !strings.Contains(err.Error(), "not trained") {
		t.Errorf("before its training: error %v", err)
	}
	first, err := j.Train(t.Context(), search.Job{Arch: 157, Epochs: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !(first.Accuracy > 0) || !(first.Seconds > 0) {
		t.Errorf("a training brought %+v", first)
	}
	// Another judge reads what the first one left.
	r.Load = func(data.Dataset) (*train.Data, error) { return nil, errors.New("trained again") }
	if j, err = New(r); err != nil {
		t.Fatal(err)
	}
	again, err := j.Train(t.Context(), search.Job{Arch: 157, Epochs: 1})
	if err != nil || again != first {
		t.Errorf("read again: %+v, error %v, want %+v", again, err, first)
	}
	if valid, _, err := j.Final(157); err != nil || valid != first.Accuracy {
		t.Errorf("final accuracy %v, error %v, want %v", valid, err, first.Accuracy)
	}
}

func TestDivergedTrainingsAreWorst(t *testing.T) {
	r, err := tiny(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r.Set.Recipe.Rate = 1e30
	j, err := New(r)
	if err != nil {
		t.Fatal(err)
	}
	o, err := j.Train(t.Context(), search.Job{Arch: 157, Epochs: 1})
	if err != nil || o != (search.Outcome{}) {
		t.Errorf("got %+v, error %v", o, err)
	}
	if valid, test, err := j.Final(157); err != nil || valid != 0 || test != 0 {
		t.Errorf("final %v %v, error %v", valid, test, err)
	}
}
