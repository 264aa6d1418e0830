package kernel

import (
	"math"
	"testing"
)

// FuzzVariants runs every primitive on all implementations: each must be as
// near to the definition as rounding allows.
func FuzzVariants(f *testing.F) {
	f.Add(uint64(1), uint8(8), uint8(8), uint8(16), uint8(1), uint8(0))
	f.Add(uint64(2), uint8(1), uint8(33), uint8(3), uint8(4), uint8(0xff))
	f.Add(uint64(3), uint8(13), uint8(2), uint8(70), uint8(3), uint8(0xaa))
	f.Add(uint64(4), uint8(5), uint8(17), uint8(31), uint8(2), uint8(0x55))
	f.Fuzz(func(t *testing.T, seed uint64, rows, cols, in, blocks, flags uint8) {
		shape := convShape{
			rows: 1 + int(rows)%16, cols: 1 + int(cols)%40, in: 1 + int(in)%80, blocks: 1 + int(blocks)%6,
			kernel: 1 + 2*int(flags&1), stride: 1 + int(flags>>1&1), add: flags&4 != 0,
		}
		if shape.rows*shape.cols*shape.in*shape.blocks > 1<<12 {
			t.Skip("too large for float64 loops")
		}
		images := 1 + int(flags>>3&3)
		special := func(x []float32) {
			if flags&0x20 != 0 {
				x[len(x)/3] = specials[int(seed%uint64(len(specials)))]
			}
		}
		var work WinogradWork
		for _, isa := range Supported() {
			k, err := For(isa)
			if err != nil {
				t.Fatal(err)
			}
			testConv(t, k, shape, seed, special)
			testWeightGrad(t, k, shape, seed, special)
			w := winogradShape{images, shape.rows, shape.cols, shape.in, shape.blocks, flags&0x40 != 0, shape.add}
			testWinogradConv(t, k, &work, w, seed)
			testWinogradWeightGrad(t, k, &work, w, seed)
			r := newSource(seed)
			testAffineSum(t, k, r, shape.rows, shape.cols, shape.blocks*Lane, int(in)%8, int(flags)%16)
			testMaskedSum(t, k, r, shape.rows*Lane, int(in)%6, int(flags)%8)
			testMoments(t, k, r, shape.rows*shape.cols, shape.blocks*Lane, flags&0x20 != 0)
			testGradSums(t, k, r, shape.rows*shape.cols, shape.blocks*Lane, flags&0x20 != 0)
		}
	})
}

// FuzzSameBits: the same call gives the same bits again, whatever was in the
// scratch memory.
func FuzzSameBits(f *testing.F) {
	f.Add(uint64(1), uint8(8), uint8(8), uint8(16), uint8(1))
	f.Add(uint64(2), uint8(5), uint8(9), uint8(33), uint8(3))
	f.Fuzz(func(t *testing.T, seed uint64, rows, cols, in, blocks uint8) {
		s := winogradShape{2, 1 + int(rows)%12, 1 + int(cols)%12, 1 + int(in)%40, 1 + int(blocks)%4, true, false}
		for _, isa := range Supported() {
			k, err := For(isa)
			if err != nil {
				t.Fatal(err)
			}
			first := winogradBits(k, &WinogradWork{}, s, seed)
			var used WinogradWork
			winogradBits(k, &used, winogradShape{3, 7, 11, 50, 5, false, false}, seed+1)
			second := winogradBits(k, &used, s, seed)
			for i, v := range first {
				if v != second[i] {
					t.Fatalf("%v %v: number %d differs: %x, %x", isa, s, i, v, second[i])
				}
			}
		}
	})
}

// winogradBits computes a convolution and its gradients from numbers and pitches
// that the seed chooses.
func winogradBits(k *Kernels, work *WinogradWork, s winogradShape, seed uint64) []uint32 {
	c := newWinogradTest(s, newSource(seed))
	out := s.blocks * Lane
	u := make([]float32, c.g.TransformedLen(out))
	k.WinogradWeights(&c.g, u, c.w, out)
	k.WinogradConv(&c.g, work, c.blockSlices(), c.in, u, false)
	clear(u)
	k.WinogradWeightGrad(&c.g, work, u, c.in, c.out, out)
	k.WinogradWeightGradEnd(&c.g, c.w, u, out)
	k.WinogradWeightGradAtOnce(&c.g, work, c.w, c.in, c.out, out)
	var bits []uint32
	c.eachOut(func(_, _, _, _ int, v *float32) { bits = append(bits, math.Float32bits(*v)) })
	for _, v := range c.w {
		bits = append(bits, math.Float32bits(v))
	}
	return bits
}
