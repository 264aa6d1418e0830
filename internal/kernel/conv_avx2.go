//go:build amd64 && !purego

package kernel

// convAVX2 computes one block of output channels after the other.
func convAVX2(a *convArgs) {
	c := newConvCall(a)
	for b, out := range a.out {
		block := c
		block.w = pointerTo(a.w[b*Lane:])
		block.out0 = pointerTo(out)
		conv1AVX2(&block)
	}
}
