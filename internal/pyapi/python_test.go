package pyapi

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/bench"
	"cellnet/internal/fixture"
	"cellnet/internal/python"
)

const servesEnv = "CELLNET_TEST_SERVES"

// TestMain lets the test's own program stand for cellnet, which the packages start.
func TestMain(m *testing.M) {
	if os.Getenv(servesEnv) != "" {
		if err := Serve(context.Background(), os.Stdin, os.Stdout, Options{}); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// packages writes the packages, and gives what their programs need in the
// environment.
func packages(t *testing.T) []string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "api")
	if err := python.Write(dir, program); err != nil {
		t.Fatal(err)
	}
	return append(os.Environ(), servesEnv+"=1", "PYTHONPATH="+dir, "PYTHONDONTWRITEBYTECODE=1", "CELLNET=")
}

// interpreters lists the Pythons of this machine: the one on the search path, and the
// system's, which may have NumPy.
func interpreters(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if path, err := exec.LookPath(name); err == nil {
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		t.Skip("no python3 here")
	}
	return found
}

// runPython runs a program, which must print nothing but what it returns.
func runPython(t *testing.T, interpreter string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.Command(interpreter, args...)
	cmd.Env = env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s\n%s", strings.Join(args, " "), err, &out, &errs)
	}
	return out.String()
}

func TestRecordedCallsInPython(t *testing.T) {
	env := packages(t)
	for _, c := range []struct{ section, file, fast string }{
		{"nas201_mini", "fixtures/bench/mini/NAS-Bench-201-v1_1-mini.pth", ""},
		{"nas201_v1_0", "fixtures/bench/mini/NAS-Bench-201-v1_0-mini.pth", ""},
		{"nas201_archive", "fixtures/bench/mini/NAS-Bench-201-v1_0-mini.pth", ""},
		{"nats_mini", "fixtures/bench/nats-mini/NATS-tss-v1_0-mini.pickle.pbz2", ""},
		{"nats_odd", "fixtures/bench/nats-mini/NATS-tss-v1_0-odd.pickle.pbz2", ""},
		{"nats_full", "fixtures/bench/nats-full/NATS-tss-v1_0-3ffb9-full", "fast"},
		{"tss", "data/nats/NATS-tss-v1_0-3ffb9-simple", "fast"},
		{"sss", "data/nats/NATS-sss-v1_0-50262-simple", "fast"},
	} {
		t.Run(c.section, func(t *testing.T) {
			t.Parallel()
			expected := fixture.Shared(t, "fixtures/bench/expected.json")
			if out := runPython(t, interpreters(t)[0], env, "testdata/replay.py", expected, c.section, fixture.Shared(t, c.file), c.fast); out != "" {
				t.Error(out)
			}
		})
	}
}

func TestRecordedCallsOnStore(t *testing.T) {
	env := packages(t)
	for _, c := range []struct{ section, file, fast string }{
		{"nas201_v1_0", "fixtures/bench/mini/NAS-Bench-201-v1_0-mini.pth", ""},
		{"sss", "data/nats/NATS-sss-v1_0-50262-simple", "fast"},
	} {
		t.Run(c.section, func(t *testing.T) {
			b, err := bench.Open(fixture.Shared(t, c.file))
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			store := filepath.Join(t.TempDir(), "store.parquet")
			if err := bench.Import(b, store, nil); err != nil {
				t.Fatal(err)
			}
			expected := fixture.Shared(t, "fixtures/bench/expected.json")
			if out := runPython(t, interpreters(t)[0], env, "testdata/replay.py", expected, c.section, store, c.fast); out != "" {
				t.Error(out)
			}
		})
	}
}

// Arrays where NumPy is there, views of memory where it is not, have the same bytes.
func TestWeightsInEveryPython(t *testing.T) {
	env := packages(t)
	for _, interpreter := range interpreters(t) {
		expected := fixture.Shared(t, "fixtures/bench/expected.json")
		file := fixture.Shared(t, "fixtures/bench/mini/NAS-Bench-201-v1_0-mini.pth")
		if out := runPython(t, interpreter, env, "testdata/replay.py", expected, "nas201_archive", file); out != "" {
			t.Error(out)
		}
	}
}

// Where torch is imported they are its tensors.
func TestWeightsInTorch(t *testing.T) {
	env := packages(t)
	system := interpreters(t)[len(interpreters(t))-1]
	if out, err := exec.Command(system, "-c", "import torch").CombinedOutput(); err != nil {
		t.Skipf("no torch in %s: %v\n%s", system, err, out)
	}
	const program = "import runpy, sys, torch; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
	expected := fixture.Shared(t, "fixtures/bench/expected.json")
	file := fixture.Shared(t, "fixtures/bench/mini/NAS-Bench-201-v1_0-mini.pth")
	if out := runPython(t, system, env, "-c", program, "testdata/replay.py", expected, "nas201_archive", file); out != "" {
		t.Error(out)
	}
}

// A program in the style of the published searches runs on real files.
func TestSearchScript(t *testing.T) {
	env := packages(t)
	for _, interpreter := range interpreters(t)[:1] {
		out := runPython(t, interpreter, env, "testdata/search.py", fixture.Shared(t, "data/nats/NATS-tss-v1_0-3ffb9-simple"))
		for _, want := range []string{"random search:", "regularized evolution:", "points of a curve"} {
			if !strings.Contains(out, want) {
				t.Errorf("the search printed %q, want %q in it", out, want)
			}
		}
	}
}

// The program that measures runs.
func TestSpeedScript(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here, which it reads processes' times in")
	}
	out := runPython(t, interpreters(t)[0], packages(t), "testdata/speed.py", "builtin", "20")
	for _, want := range []string{"open and one query: ", "20 queries: ", "memory: "} {
		if !strings.Contains(out, want) {
			t.Errorf("it printed %q, want %q in it", out, want)
		}
	}
}

func TestPythonObjects(t *testing.T) {
	env := packages(t)
	for _, interpreter := range interpreters(t) {
		if out := runPython(t, interpreter, env, "testdata/objects.py", fixture.Shared(t, "data/nats/NATS-tss-v1_0-3ffb9-simple"), fixture.Shared(t, "fixtures/bench/nats-mini/NATS-tss-v1_0-odd.pickle.pbz2")); out != "" {
			t.Error(out)
		}
	}
}
