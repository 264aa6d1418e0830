//go:build unix

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cellnet/bench/trialfile"
	"cellnet/cell"
	"cellnet/internal/fixture"
	"cellnet/internal/procmem"
	"cellnet/models"
	"cellnet/weights"
)

// What a command may take for a file that is small or says more than there is.
const (
	hostileMemory = 300e6
	hostileTime   = 5 * time.Second // of a processor
)

const sparseSize = 300 << 30

// TestHostileFiles gives files that try to get much memory or time to every
// command that takes files.
func TestHostileFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	sound := filepath.Join(dir, "sound.pth")
	writeSmallWeights(t, sound)
	files := map[string]string{}
	for _, name := range []string{"bz_bomb.pickle.pbz2", "bz_bomb_str.pickle.pbz2"} {
		files[name] = fixture.Shared(t, "fixtures/hostile/"+name)
	}
	add := func(name string, content []byte, size int64) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		if size > 0 {
			if err := os.Truncate(path, size); err != nil {
				t.Logf("%s is left out: no file of %d bytes can be made here: %v", name, size, err)
				return
			}
		}
		files[name] = path
	}
	add("sparse.safetensors", hugeSafetensors(), sparseSize)
	add("sparse.pth", hugeLegacy(t), sparseSize)
	add("sparse.json", []byte(`{"epochs": [`), sparseSize)
	add("scans.jpg", manyScans(t), 0)
	picture, config := filepath.Join(dir, "sound.png"), filepath.Join(dir, "sound.json")
	mustCellnet(t, "arch", "draw", "157", "-o", picture)
	if err := os.WriteFile(config, []byte(`{"super_type": ["str", "infer-nasnet.cifar"]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, file := range files {
		trial := filepath.Join(dir, "trials of "+name, trialfile.Name(157, 777))
		if err := os.Mkdir(filepath.Dir(trial), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(file, trial); err != nil {
			t.Fatal(err)
		}
		for what, args := range commandsOn(file, trial, sound, picture, config, filepath.Join(dir, "out")) {
			t.Run(name+"/"+what, func(t *testing.T) { checkHostile(t, args) })
		}
	}
}

// TestHostileRecords gives records without end to the commands that go on by them.
func TestHostileRecords(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	begun := t.TempDir()
	trained, generated := filepath.Join(begun, "run"), filepath.Join(begun, "trials")
	mustCellnet(t, smallTraining(trained)...)
	mustCellnet(t, smallGeneration(generated)...)
	sets, err := filepath.Glob(filepath.Join(generated, "*", "set.json"))
	if err != nil || len(sets) != 1 {
		t.Fatal(sets, err)
	}
	for path, args := range map[string][]string{
		filepath.Join(trained, "log.jsonl"): {"train", "--resume", "--out", trained},
		filepath.Join(trained, "run.json"):  {"train", "--resume", "--out", trained},
		sets[0]:                             smallGeneration(generated),
	} {
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, sparseSize); err != nil {
			t.Skipf("no file of %d bytes can be made here: %v", int64(sparseSize), err)
		}
		checkHostile(t, args)
		if err := os.WriteFile(path, before, 0o666); err != nil {
			t.Fatal(err)
		}
		mustCellnet(t, args...)
	}
}

// commandsOn has all commands that take files.
func commandsOn(file, trial, sound, picture, config, out string) map[string][]string {
	const arch = "157"
	return map[string][]string{
		"show weights": {"weights", "show", file},
		"convert":      {"weights", "convert", file, out + ".safetensors"},
		"eval":         {"eval", arch, "--weights", file, "--dataset", "synthetic"},
		"predict":      {"predict", file, "--weights", sound, "--arch", arch},
		"show":         {"query", "show", file, "3"},
		"import":       {"bench", "import", file, "-o", out},
		"export":       {"bench", "export", file, "-o", out},
		"serve":        {"serve", file, "--listen", "127.0.0.1:0"},
		"list":         {"generate", "--archs", file, "--datasets", "synthetic", "--out", out},
		"recipe":       {"train", arch, "--config", file, "--dataset", "synthetic", "--out", out},
		"curves":       {"curves", "a=" + file, "--output", out + ".svg"},
		"of records":   {"curves", "a=" + file + "#157,cifar10-valid,12"},
		"trial":        {"query", trial, "show", arch},
		"trials":       {"query", filepath.Dir(trial), "show", arch},
		"collection":   {"collect", filepath.Dir(trial), "--latency", "0", "--benchmark", out},
		"search":       {"search", "random", "--benchmark", file, "--dataset", "cifar10"},
		"network":      {"train", file, "--dataset", "synthetic", "--out", out},
		"genotype":     {"model", "show", config, "--genotype", file},
		"prediction":   {"predict", picture, "--weights", file, "--arch", arch},
		"draw":         {"arch", "draw", file, "-o", out + ".svg"},
	}
}

func checkHostile(t *testing.T, args []string) {
	procmem.Reset() // a child begins with the peak of its parent
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-test.run=^TestMainProcess$", "--"}, args...)...)
	cmd.Env = append(os.Environ(), mainEnv+"=1")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer timer.Stop()
	cmd.Wait()
	state := cmd.ProcessState
	if code := state.ExitCode(); code != exitFailed && code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	said := strings.TrimPrefix(stderr.String(), "resuming after 3 of 3 epochs and 0 steps\n")
	if strings.Count(said, "\n") != 1 || stdout.Len() > 0 {
		t.Errorf("%q says %.500q and %.100q, want one line", args, stderr.String(), stdout.String())
	}
	if peak := procmem.PeakOf(state); peak > hostileMemory {
		t.Errorf("%q takes %d MB", args, peak/1e6)
	}
	if taken := state.UserTime() + state.SystemTime(); taken > hostileTime {
		t.Errorf("%q takes %v", args, taken)
	}
}

func writeSmallWeights(t *testing.T, path string) {
	t.Helper()
	c, err := cell.FromIndex(157)
	if err != nil {
		t.Fatal(err)
	}
	n, err := cell.NewNetwork(c, 4, 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	params, err := models.Initialize(n, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := weights.WriteFile(path, weights.Legacy, params.StateDict()); err != nil {
		t.Fatal(err)
	}
}

// hugeSafetensors is the header of a tensor that fills the sparse file.
func hugeSafetensors() []byte {
	const numbers = sparseSize/4 - 64
	header := fmt.Sprintf(`{"x":{"dtype":"F32","shape":[%d],"data_offsets":[0,%d]}}`, numbers, 4*numbers)
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
}

// hugeLegacy is a file of torch.save up to the numbers of a tensor, of which it
// says that there are 2^36.
func hugeLegacy(t *testing.T) []byte {
	t.Helper()
	const few = 239 // a number that nothing else in the file is
	var s weights.StateDict
	s.Set("stem.0.weight", weights.NewFloat32([]int{few}, make([]float32, few)))
	var out bytes.Buffer
	if err := weights.Write(&out, weights.Legacy, &s); err != nil {
		t.Fatal(err)
	}
	content := out.Bytes()[:out.Len()-4*few-8]
	many := []byte{0x8a, 5, 0, 0, 0, 0, 16} // as a pickle has it, with the number of its bytes
	content = bytes.ReplaceAll(content, []byte{'K', few}, many)
	return binary.LittleEndian.AppendUint64(content, 1<<36)
}

// manyScans is a large picture that is decoded again and again.
func manyScans(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 5000, 5000)), &jpeg.Options{Quality: 1}); err != nil {
		t.Fatal(err)
	}
	content := b.Bytes()
	at := bytes.Index(content, []byte("\xff\xda"))
	end := len(content) - 2
	return append(bytes.Clone(content[:end]), bytes.Repeat(content[at:end], 15)...)
}
