package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// fakeEnv has the test's program play cellnet and Python: its value is what
// they do.
const fakeEnv = "CELLNET_COMPARE_FAKE"

func TestMain(m *testing.M) {
	if mode := os.Getenv(fakeEnv); mode != "" {
		os.Exit(fake(mode, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// fake prints what the real programs would. The images/s of its nth call are n
// times as many as those of the first: rounds differ.
func fake(mode string, args []string) int {
	joined := strings.Join(args, " ")
	switch {
	case args[0] == "-c":
		if mode == "no torch" {
			fmt.Fprintln(os.Stderr, "Traceback (most recent call last):\nModuleNotFoundError: No module named 'torch'")
			return 1
		}
	case mode == "silent":
	case mode == "garbled":
		fmt.Println("not JSON")
	case mode == "empty":
		fmt.Println("{}")
	case args[0] == "speed" && strings.Contains(joined, "--train"):
		n := call("speed-train")
		fmt.Printf(`{"arch":%q,"train":%d,"eval":null,"train_gflops":%d,"eval_gflops":null,"peak_gflops":300,"rss_mb":7}`, args[1], 100*n, 50*n)
	case args[0] == "speed" && strings.Contains(joined, "--eval"):
		n := call("speed-eval")
		fmt.Printf(`{"arch":%q,"train":null,"eval":%d,"train_gflops":null,"eval_gflops":%d,"peak_gflops":400,"rss_mb":7}`, args[1], 1000*n, 100*n)
	case args[0] == "search":
		n := call("search")
		fmt.Printf(`{"step_s":%d,"step_cpu_s":%d}`, n, 2*n)
	case strings.Contains(joined, "searchsteps.py"):
		n := call("searchsteps")
		faster := 1
		if strings.Contains(joined, "channels_last") {
			faster = 2
		}
		fmt.Printf(`{"step_s":%d,"step_cpu_s":%d}`, 12*n, 24*n/faster)
	case args[0] == "eval":
		fmt.Printf(`{"sets":{"ori-test":{"n":10000,"loss":1.25,"top1":35.74}},"threads":%q}`, os.Getenv("GOMAXPROCS"))
	case strings.Contains(joined, "throughput.py"):
		n := call("throughput")
		fmt.Printf(`{"arch":%q,"train":%d,"eval":%d}`, args[len(args)-1], 50*n, 250*n)
	case strings.Contains(joined, "eval.py"):
		loss := "1.25001"
		if mode == "other loss" {
			loss = "1.26"
		}
		fmt.Printf(`{"n":10000,"loss":%s,"top1":35.74}`, loss)
	}
	return 0
}

// call counts the calls of a program in a file.
func call(name string) int {
	path := filepath.Join(os.Getenv("CELLNET_COMPARE_COUNTS"), name)
	old, _ := os.ReadFile(path)
	n, _ := strconv.Atoi(string(old))
	_ = os.WriteFile(path, []byte(strconv.Itoa(n+1)), 0o600)
	return n + 1
}

// runCompare runs the command on programs that behave in a way.
func runCompare(t *testing.T, mode string, args ...string) (stdout string, err error) {
	t.Helper()
	t.Setenv(fakeEnv, mode)
	t.Setenv("CELLNET_COMPARE_COUNTS", t.TempDir())
	var out, progress bytes.Buffer
	cmd := newCommand(&out, &progress)
	cmd.SetArgs(append([]string{"--cellnet", os.Args[0], "--python", os.Args[0]}, args...))
	err = cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestComparison(t *testing.T) {
	out, err := runCompare(t, "good", "all_idnt", "--rounds", "3", "--weights", "net.pth", "--data", "images", "--json")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 3 {
		t.Fatalf("printed %q", out)
	}
	var c comparison
	var m means
	var p struct{ Process whole }
	for i, into := range []any{&c, &m, &p} {
		if err := json.Unmarshal([]byte(lines[i]), into); err != nil {
			t.Fatal(err)
		}
	}
	if i, _ := c.Arch.Index(); i != mustIndex(t, "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|") {
		t.Errorf("measured %s", c.Arch)
	}
	if !slices.Equal(c.Train.Cellnet, []float64{100, 200, 300}) || !slices.Equal(c.Train.PyTorch, []float64{50, 100, 150}) || c.TrainRatio != 2 {
		t.Errorf("training: %+v, ratio %v", c.Train, c.TrainRatio)
	}
	if !slices.Equal(c.Eval.Cellnet, []float64{1000, 2000, 3000}) || !slices.Equal(c.Eval.PyTorch, []float64{250, 500, 750}) || c.EvalRatio != 4 {
		t.Errorf("evaluation: %+v, ratio %v", c.Eval, c.EvalRatio)
	}
	if got, want := median(c.TrainShare), 100./400; got != want {
		t.Errorf("training's share of the peak: got %v, want %v", got, want)
	}
	if got, want := median(c.EvalShare), 200./400; got != want {
		t.Errorf("evaluation's share of the peak: got %v, want %v", got, want)
	}
	if math.Abs(m.Train-2) > 1e-12 || math.Abs(m.Eval-4) > 1e-12 {
		t.Errorf("means: %+v", m)
	}
	if w := p.Process; w.Images != 10000 || w.Loss["cellnet"] != 1.25 || w.Loss["pytorch"] != 1.25001 || !(w.Ratio > 0) || len(w.Seconds.PyTorch) != 3 || len(w.Seconds.Cellnet) != 3 {
		t.Errorf("whole processes: %+v", w)
	}
}

func TestTable(t *testing.T) {
	out, err := runCompare(t, "good", "all_idnt", "11", "--rounds", "1", "--weights", "net.pth", "--data", "images")
	if err != nil {
		t.Fatal(err)
	}
	// The second cell is each program's second call.
	for _, want := range []string{"100  50  2.00", "200  100  2.00", "1000  250  4.00", "2000  500  4.00", "mean  2.00  4.00  geometric", "the 10000 test images", "cellnet "} {
		if !strings.Contains(squeeze(out), squeeze(want)) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// squeeze has one blank between words.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestFailures(t *testing.T) {
	for _, tt := range []struct {
		mode, want string
		args       []string
	}{
		{"no torch", `looking for PyTorch: running ` + filepath.Base(os.Args[0]) + `: exit status 1: ModuleNotFoundError: No module named 'torch': install it, on Debian and Ubuntu by "apt install python3-torch", or name a Python that has it by --python`, nil},
		{"silent", "measuring cellnet's speed on ", nil},
		{"garbled", `it printed "not JSON", want one line of JSON`, nil},
		{"empty", "it didn't measure what it was asked to", nil},
		{"other loss", "cellnet has a loss of 1.25 on 10000 images, PyTorch 1.26 on 10000", []string{"--weights", "w", "--data", "d"}},
		{"good", "needs both --weights and --data", []string{"--weights", "w"}},
		{"good", "want 1 or more", []string{"--rounds", "0"}},
		{"good", "--seconds NaN: want more than 0", []string{"--seconds", "NaN"}},
		{"good", "unknown cell", []string{"allidnt"}},
	} {
		out, err := runCompare(t, tt.mode, append([]string{"11"}, tt.args...)...)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s %q: got %v, want %s", tt.mode, tt.args, err, tt.want)
		}
		if out != "" {
			t.Errorf("%s %q printed %q", tt.mode, tt.args, out)
		}
	}
	t.Setenv(fakeEnv, "good")
	cmd := newCommand(new(bytes.Buffer), new(bytes.Buffer))
	cmd.SetArgs([]string{"11", "--python", filepath.Join(t.TempDir(), "python")})
	if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), "apt install python3-torch") {
		t.Errorf("without Python: got %v", err)
	}
}
