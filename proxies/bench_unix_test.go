//go:build unix

package proxies

import (
	"syscall"
	"testing"
	"time"

	"cellnet/cell"
	"cellnet/internal/mt19937"
)

// benchmarkTask is what the reference program's --time runs: a batch of 64 images,
// C = 16, N = 5; all images for grasp, 16 for ntk.
func benchmarkTask(b *testing.B, index int) *Task {
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
func cpuTime(b *testing.B) time.Duration {
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

// BenchmarkMeasures has the groups of the reference program's --time, on the cell
// of index 1: run it with GOMAXPROCS=1 beside that one.
func BenchmarkMeasures(b *testing.B) {
	task := benchmarkTask(b, 1)
	for _, group := range []struct {
		name   string
		wanted []Measure
	}{
		{"grad_norm,snip,plain,fisher", []Measure{GradNorm, SNIP, Plain, Fisher}},
		{"zico", []Measure{ZiCo}},
		{"jacob_cov,epe_nas", []Measure{JacobCov, EPENAS}},
		{"nwot", []Measure{NWOT}},
		{"synflow,logsynflow", []Measure{SynFlow, LogSynFlow}},
		{"synflow_bn", []Measure{SynFlowBN}},
		{"l2_norm", []Measure{L2Norm}},
		{"swap", []Measure{SWAP}},
		{"grasp", []Measure{GraSP}},
		{"zen", []Measure{Zen}},
		{"az_nas", []Measure{Expressivity, Progressivity, Trainability}},
		{"gradsign", []Measure{GradSign}},
		{"ntk", []Measure{NTK}},
	} {
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

// BenchmarkArchitecture draws and scores the benchmark's architectures one after
// another, by all measures but gradsign and ntk.
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
	defer reportCPU(b, cpuTime(b))
	index := 0 // the benchmark's order is a random one
	for b.Loop() {
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
