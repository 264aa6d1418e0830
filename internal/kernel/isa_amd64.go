//go:build amd64 && !purego

package kernel

import "golang.org/x/sys/cpu"

func supported(i ISA) bool {
	switch i {
	case AVX512:
		return cpu.X86.HasAVX512F
	default:
		return false
	}
}

func (k *Kernels) conv(a *convArgs) {
	switch k.isa {
	case AVX512:
		convAVX512(a)
	default:
		convGeneric(a)
	}
}

func (k *Kernels) weightGrad(a *weightGradArgs) {
	switch k.isa {
	case AVX512:
		weightGradStrips(a)
	default:
		weightGradGeneric(a)
	}
}
