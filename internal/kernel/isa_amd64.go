//go:build amd64 && !purego

package kernel

import "golang.org/x/sys/cpu"

// supported tells whether the processor and the operating system have all that
// the routines of an implementation require.
func supported(i ISA) bool {
	switch i {
	case AVX512:
		return cpu.X86.HasAVX512F && cpu.X86.HasFMA
	case AVX2:
		return cpu.X86.HasAVX2 && cpu.X86.HasFMA
	default:
		return false
	}
}

func (k *Kernels) conv(a *convArgs) {
	switch k.isa {
	case AVX512:
		convAVX512(a)
	case AVX2:
		convAVX2(a)
	default:
		convGeneric(a)
	}
}

func (k *Kernels) weightGrad(a *weightGradArgs) {
	switch k.isa {
	case AVX512, AVX2:
		weightGradStrips(k.isa, a)
	default:
		weightGradGeneric(a)
	}
}

// peak repeats multiply-adds n times and returns the number of operations.
func (k *Kernels) peak(n int) (flops float64) {
	c := peakCall{n: n}
	switch k.isa {
	case AVX512:
		peakAVX512(&c)
		return float64(n) * 24 * 16 * 2
	case AVX2:
		peakAVX2(&c)
		return float64(n) * 12 * 8 * 2
	default:
		return peakGeneric(n)
	}
}
