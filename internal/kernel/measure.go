package kernel

import (
	"sync"
	"time"
)

const (
	measureRounds = 8
	peakTime      = 10 * time.Millisecond // of a round
	streamNumbers = 8 << 20               // of each of two arrays: twice 32 MB
)

// MeasurePeak measures how many float32 operations (a multiply-add is two) so
// many threads can do together with k's instructions if memory doesn't matter,
// in GFLOP/s: the best of a few rounds, some 80 ms in all.
func MeasurePeak(k *Kernels, threads int) float64 {
	n, flops := 1000, 0.0
	for {
		start := time.Now()
		flops = k.peak(n)
		if time.Since(start) >= peakTime {
			break
		}
		n *= 2
	}
	best := fastest(threads, func(int) { k.peak(n) })
	return flops * float64(threads) / float64(best.Nanoseconds())
}

// MeasureStream measures how fast so many threads can read one large image and
// write another, in GB/s; both directions count.
func MeasureStream(k *Kernels, threads int) float64 {
	src, dst := make([]float32, streamNumbers), make([]float32, streamNumbers)
	share := streamNumbers / threads / Lane * Lane
	best := fastest(threads, func(thread int) {
		from := thread * share
		k.AffineSum(dst[from:][:share], nil, []Term{{X: src[from:][:share]}}, Plane{}, 1, share/Lane, Lane)
	})
	return 2 * wordSize * float64(share*threads) / float64(best.Nanoseconds())
}

// fastest runs f on every thread at once, a few times, and returns the least
// time that all of them took together.
func fastest(threads int, f func(thread int)) time.Duration {
	best := time.Duration(1<<63 - 1)
	for range measureRounds {
		start := time.Now()
		var wg sync.WaitGroup
		for t := range threads {
			wg.Go(func() { f(t) })
		}
		wg.Wait()
		best = min(best, time.Since(start))
	}
	return best
}

// peakGeneric repeats a multiply-add of eight independent numbers n times and
// returns the number of operations.
func peakGeneric(n int) (flops float64) {
	const half, one = float32(0.5), float32(1)
	a, b, c, d, e, f, g, h := one, one, one, one, one, one, one, one
	for range n {
		a = a*half + one
		b = b*half + one
		c = c*half + one
		d = d*half + one
		e = e*half + one
		f = f*half + one
		g = g*half + one
		h = h*half + one
	}
	if a+b+c+d+e+f+g+h < 0 {
		return 0
	}
	return 16 * float64(n)
}
