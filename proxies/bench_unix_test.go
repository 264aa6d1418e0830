//go:build unix

package proxies

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"cellnet/cell"
	"cellnet/internal/fixture"
	"cellnet/internal/mt19937"
)

// benchmarkTask is what the reference program's --time runs: a batch of 64 images,
// C = 16, N = 5; all images for grasp, 16 for ntk.
func benchmarkTask(b testing.TB, index int) *Task {
	b.Helper()
	c, err := cell.FromIndex(index)
	if err != nil {
		b.Fatal(err)
	}
	labels := make([]int, 64)
	for i := range labels {
		labels[i] = i % 10
	}
	batch := Batch{uniform(64, 32, 1), labels, 32, 10}
	task, err := Presets()[0].Task(cell.Benchmark(c, 10), 1, batch, Measures())
	if err != nil {
		b.Fatal(err)
	}
	task.GraSPImages, task.NTKImages = 0, 16
	return task
}

// cpuTime is the process's.
func cpuTime(b testing.TB) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// reportCPU reports the seconds of all threads since then, as the reference
// program does.
func reportCPU(b *testing.B, since time.Duration) {
	b.Helper()
	b.ReportMetric((cpuTime(b)-since).Seconds()/float64(b.N), "cpu-s/op")
}

// timed are measures that the reference program's --time runs together, by the name
// that it gives them; those without one are timed here alone.
type timed struct {
	name, reference string
	wanted          []Measure
}

func timedGroups() []timed {
	return []timed{
		{"grad_norm,snip,plain,fisher", "grad_norm, snip, plain, fisher", []Measure{GradNorm, SNIP, Plain, Fisher}},
		{"zico", "zico", []Measure{ZiCo}},
		{"jacob_cov,epe_nas", "jacob_cov, epe_nas", []Measure{JacobCov, EPENAS}},
		{"nwot", "nwot", []Measure{NWOT}},
		{"synflow,logsynflow", "synflow, logsynflow", []Measure{SynFlow, LogSynFlow}},
		{"synflow_bn", "", []Measure{SynFlowBN}},
		{"l2_norm", "", []Measure{L2Norm}},
		{"swap", "", []Measure{SWAP}},
		{"grasp", "grasp", []Measure{GraSP}},
		{"zen", "zen", []Measure{Zen}},
		{"az_nas", "az_nas", []Measure{Expressivity, Progressivity, Trainability}},
		{"gradsign", "gradsign", []Measure{GradSign}},
		{"ntk", "ntk of 16 images", []Measure{NTK}},
	}
}

// BenchmarkMeasures has the groups of the reference program's --time, on the cell
// of index 1: run it with GOMAXPROCS=1 beside that one.
func BenchmarkMeasures(b *testing.B) {
	task := benchmarkTask(b, 1)
	for _, group := range timedGroups() {
		b.Run(group.name, func(b *testing.B) {
			var e Evaluator
			if _, err := e.Evaluate(task, group.wanted); err != nil { // takes the memory
				b.Fatal(err)
			}
			defer reportCPU(b, cpuTime(b))
			for b.Loop() {
				if _, err := e.Evaluate(task, group.wanted); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestSpeedBesidePyTorch has the measures here and the reference program take turns,
// one thread each, and compares the CPU seconds: the medians of the rounds, of the
// reference's faster layout. CELLNET_PYTHON is a Python that has PyTorch;
// CELLNET_ROUNDS the number of rounds.
func TestSpeedBesidePyTorch(t *testing.T) {
	python := os.Getenv("CELLNET_PYTHON")
	if python == "" {
		t.Skip("CELLNET_PYTHON names no Python to compare with")
	}
	rounds := 1
	if n, err := strconv.Atoi(os.Getenv("CELLNET_ROUNDS")); err == nil {
		rounds = n
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	task := benchmarkTask(t, 1)
	var ours, theirs []map[string]float64
	for range rounds {
		theirs = append(theirs, reference(t, python))
		ours = append(ours, timeGroups(t, task))
	}
	t.Logf("%-28s %9s %9s %6s", "", "PyTorch", "here", "ratio")
	var logs float64
	count := 0
	for _, g := range timedGroups() {
		if g.reference == "" {
			continue
		}
		a, b := medianOf(theirs, g.reference), medianOf(ours, g.name)
		t.Logf("%-28s %9.3f %9.4f %6.2f", g.name, a, b, a/b)
		logs += math.Log(a / b)
		count++
	}
	t.Logf("geometric mean %.2f, of %d rounds", math.Exp(logs/float64(count)), rounds)
}

// timeGroups are the medians of seven evaluations each, by one evaluator, as a walk
// over architectures has it.
func timeGroups(t *testing.T, task *Task) map[string]float64 {
	t.Helper()
	seconds := map[string]float64{}
	var e Evaluator
	for _, g := range timedGroups() {
		var of []float64
		for range 8 {
			since := cpuTime(t)
			if _, err := e.Evaluate(task, g.wanted); err != nil {
				t.Fatal(err)
			}
			of = append(of, (cpuTime(t) - since).Seconds())
		}
		of = of[1:] // the first takes the memory
		slices.Sort(of)
		seconds[g.name] = of[len(of)/2]
	}
	return seconds
}

// reference runs the reference program.
func reference(t *testing.T, python string) map[string]float64 {
	t.Helper()
	c, err := cell.FromIndex(1)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "proxies.py", "--time", c.String())
	cmd.Dir = fixture.Shared(t, "oracle")
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s proxies.py: %v", python, err)
	}
	least := map[string]float64{}
	for line := range strings.Lines(string(out)) { // of each layout, a Python dictionary
		_, text, _ := strings.Cut(line, " ")
		of := map[string]float64{}
		if err := json.Unmarshal([]byte(strings.ReplaceAll(text, "'", `"`)), &of); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for name, v := range of {
			if least[name] == 0 || v < least[name] {
				least[name] = v
			}
		}
	}
	return least
}

func medianOf(rounds []map[string]float64, name string) float64 {
	var all []float64
	for _, r := range rounds {
		all = append(all, r[name])
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// BenchmarkArchitecture draws and scores the benchmark's architectures one after
// another, by all measures but gradsign and ntk. The largest one takes the memory
// before.
func BenchmarkArchitecture(b *testing.B) {
	labels := make([]int, 64)
	for i := range labels {
		labels[i] = i % 10
	}
	batch := Batch{uniform(64, 32, 1), labels, 32, 10}
	wanted, err := ParseMeasures("fast")
	if err != nil {
		b.Fatal(err)
	}
	var e Evaluator
	score := func(index int) {
		c, err := cell.FromIndex(index % cell.SpaceSize)
		if err != nil {
			b.Fatal(err)
		}
		task, err := Presets()[0].Task(cell.Benchmark(c, 10), uint32(index), batch, wanted)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := e.Evaluate(task, wanted); err != nil {
			b.Fatal(err)
		}
	}
	const all3x3 = 1462
	score(all3x3)
	defer reportCPU(b, cpuTime(b))
	index := 0 // the benchmark's order is a random one
	for b.Loop() {
		score(index)
		index++
	}
}

func BenchmarkTranspose(b *testing.B) {
	var words [wordBits]uint64
	random := mt19937.New(1)
	for i := range words {
		words[i] = uint64(random.Uint32())<<32 | uint64(random.Uint32())
	}
	for b.Loop() {
		transpose(&words)
	}
}
