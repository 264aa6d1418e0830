//go:build amd64 && !purego

package kernel

// convAVX512 divides the blocks of output channels into groups.
func convAVX512(a *convArgs) {
	c := newConvCall(a)
	if len(a.out) == 1 && a.triple() {
		c.out0 = pointerTo(a.out[0])
		convTripleAVX512(&c)
		return
	}
	for b := 0; b < len(a.out); {
		group := c
		n := groupSize(len(a.out) - b)
		group.w = pointerTo(a.w[b*Lane:])
		group.out0 = pointerTo(a.out[b])
		switch n {
		case 1:
			conv1AVX512(&group)
		case 2:
			group.out1 = pointerTo(a.out[b+1])
			conv2AVX512(&group)
		case 3:
			group.out1 = pointerTo(a.out[b+1])
			group.out2 = pointerTo(a.out[b+2])
			conv3AVX512(&group)
		}
		b += n
	}
}
