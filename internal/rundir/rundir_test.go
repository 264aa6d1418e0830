package rundir

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/models"
	"cellnet/train"
)

func planOf(t *testing.T, seed uint32) Plan {
	t.Helper()
	c, err := cell.FromIndex(11)
	if err != nil {
		t.Fatal(err)
	}
	recipe, err := train.Preset(12)
	if err != nil {
		t.Fatal(err)
	}
	net, err := cell.NewNetwork(c, 4, 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	return Plan{Run: train.Run{Net: net, Dataset: data.Synthetic, Recipe: recipe, Seed: seed}, Images: "1", Kernels: []models.ISA{models.Generic}}
}

func epochs(n int) []train.Epoch {
	all := make([]train.Epoch, n)
	for i := range all {
		all[i] = train.Epoch{Epoch: i, Rate: 0.1, Train: train.Metrics{N: 8, Loss: float64(i), Seconds: 1}}
	}
	return all
}

// logged gives the epochs in a log by their losses.
func logged(t *testing.T, folder string) (losses []float64) {
	t.Helper()
	content, err := os.ReadFile(LogIn(folder))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := ReadLog(content)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range lines {
		if l.Epoch != i {
			t.Errorf("line %d of the log is of epoch %d", i, l.Epoch)
		}
		losses = append(losses, l.Train.Loss)
	}
	return losses
}

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// begun makes a folder whose training has logged n epochs.
func begun(t *testing.T, n int) (folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "run")
	d, err := Begin(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	log, err := d.Start(planOf(t, 777), false, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range epochs(n) {
		log.Add(e)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestBeginRefusesWhatIsThere(t *testing.T) {
	for name, put := range map[string]func(folder string){
		"weights": func(f string) { write(t, f, weightsName, "") },
		"a log":   func(f string) { write(t, f, logName, "{}\n") },
		"checkpoint": func(f string) {
			os.Mkdir(filepath.Join(f, checkpointsName), 0o777)
			write(t, f, checkpointsName+"/epoch-000001-step-000000.ckpt", "")
		},
	} {
		folder := t.TempDir()
		put(folder)
		if _, err := Begin(folder); err == nil || !strings.Contains(err.Error(), "holds a training already") {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := filepath.Glob(filepath.Join(folder, "*")); len(left) != 1 {
			t.Errorf("%s: left %v", name, left)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	write(t, filepath.Dir(file), "file", "")
	if _, err := Begin(file); err == nil || !strings.Contains(err.Error(), "is a file") {
		t.Errorf("a file: %v", err)
	}
}

func TestNewFolderGoesWithAFailure(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	d, err := Begin(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if exists(folder) {
		t.Error("the folder is left")
	}
}

func TestOthersTouchNothing(t *testing.T) {
	folder := begun(t, 3)
	plan, log := read(t, folder, planName), read(t, folder, logName)
	unchanged := func(what string) {
		t.Helper()
		if read(t, folder, planName) != plan || read(t, folder, logName) != log {
			t.Errorf("%s changed the record", what)
		}
	}
	d, err := Resume(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(folder); err == nil || !strings.Contains(err.Error(), "another process trains") {
		t.Errorf("a second holder: %v", err)
	}
	unchanged("a second holder")
	if _, err := d.Start(planOf(t, 5), false, nil); err == nil || !strings.Contains(err.Error(), "resume with the same arguments") {
		t.Errorf("another seed: %v", err)
	}
	unchanged("another seed")
	other := planOf(t, 777)
	other.Images = "2"
	if _, err := d.Start(other, false, nil); err == nil || !strings.Contains(err.Error(), "images or kernels") {
		t.Errorf("other images: %v", err)
	}
	other = planOf(t, 777)
	other.Kernels = []models.ISA{models.AVX2}
	if _, err := d.Start(other, false, nil); err == nil || !strings.Contains(err.Error(), "images or kernels") {
		t.Errorf("other kernels: %v", err)
	}
	unchanged("other images and kernels")
	write(t, folder, weightsName, "")
	if _, err := d.Start(planOf(t, 777), false, nil); err == nil || !strings.Contains(err.Error(), "checkpoints are gone") {
		t.Errorf("a finished training without checkpoints: %v", err)
	}
	unchanged("a finished training without checkpoints")
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestLogLosesNoLine(t *testing.T) {
	for name, test := range map[string]struct {
		torn string // at the end
		done int    // epochs of the checkpoint
	}{
		"as it was":               {"", 3},
		"killed before the line":  {"", 4},
		"checkpoints are gone":    {"", 0},
		"killed within a line":    {`{"epoch": 3, "ep`, 4},
		"a line that is no JSON":  {"\x00\x00\x00\n", 3},
		"a line of another epoch": {`{"epoch": 7}` + "\n", 3},
	} {
		folder := begun(t, 3)
		write(t, folder, logName, read(t, folder, logName)+test.torn)
		d, err := Resume(folder)
		if err != nil {
			t.Fatal(err)
		}
		log, err := d.Start(planOf(t, 777), test.done > 0, epochs(test.done))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(logged(t, folder)); got != max(3, test.done) { // killed here, it is whole
			t.Errorf("%s: %d lines", name, got)
		}
		for _, e := range epochs(6)[test.done:] {
			log.Add(e)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		if got := logged(t, folder); len(got) != 6 || got[5] != 5 {
			t.Errorf("%s: losses %v", name, got)
		}
		d.Close()
	}
}

// Of trainings that begin at once in a new folder one has it.
func TestOneOfManyBegins(t *testing.T) {
	for range 50 {
		folder := filepath.Join(t.TempDir(), "run")
		var all sync.WaitGroup
		begun := make([]bool, 4)
		for i := range begun {
			all.Go(func() {
				d, err := Begin(folder)
				if err != nil {
					return
				}
				log, err := d.Start(planOf(t, uint32(i)), false, nil)
				if err == nil {
					log.Add(epochs(1)[0])
					begun[i] = log.Close() == nil
				}
				d.Close()
			})
		}
		all.Wait()
		plan, err := ReadPlan(folder)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for i, b := range begun {
			if b {
				n++
				if plan.Run.Seed != uint32(i) {
					t.Errorf("run.json is of seed %d, trained was %d", plan.Run.Seed, i)
				}
			}
		}
		if n != 1 || len(logged(t, folder)) != 1 {
			t.Fatalf("%d of %d began", n, len(begun))
		}
	}
}
