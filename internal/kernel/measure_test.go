package kernel

import (
	"fmt"
	"runtime"
	"testing"
)

func TestMeasure(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		peak, stream := MeasurePeak(k, 1), MeasureStream(k, 1)
		t.Logf("one thread: %.1f GFLOP/s, %.1f GB/s", peak, stream)
		if !(peak > 0.01 && peak < 1e5) || !(stream > 0.01 && stream < 1e5) {
			t.Errorf("measured %v GFLOP/s, %v GB/s", peak, stream)
		}
	})
}

// BenchmarkPeak is what the other benchmarks' rates can be compared with.
func BenchmarkPeak(b *testing.B) {
	eachBenchISA(b, func(b *testing.B, k *Kernels) {
		for _, threads := range []int{1, runtime.GOMAXPROCS(0)} {
			b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
				var flops, bytes float64
				for b.Loop() {
					flops, bytes = MeasurePeak(k, threads), MeasureStream(k, threads)
				}
				b.ReportMetric(flops, "GFLOP/s")
				b.ReportMetric(bytes, "GB/s")
			})
		}
	})
}
