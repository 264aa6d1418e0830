//go:build amd64 && !purego

package kernel

// gramCols is the columns of a tile of the assembly's; an eighth of the vector
// registers is its rows.
const gramCols = 4

func (k *Kernels) gram(dst []float64, rows []float32, n, pitch, count int) {
	var tile, lanes int
	switch k.isa {
	case AVX512:
		tile, lanes = 4, 8
	case AVX2:
		tile, lanes = 2, 4
	default:
		gramGeneric(dst, rows, n, pitch, count)
		return
	}
	var sums [gramCols * 4 * 8]float64
	c := gramCall{sums: pointerTo(sums[:]), pitch: pitch * wordSize, count: count / lanes}
	whole, done := n/gramCols*gramCols, count/lanes*lanes
	for i := 0; i < whole; i += tile {
		for j := i / gramCols * gramCols; j < whole; j += gramCols {
			c.a, c.b = pointerTo(rows[i*pitch:]), pointerTo(rows[j*pitch:])
			if k.isa == AVX512 {
				gramAVX512(&c)
			} else {
				gramAVX2(&c)
			}
			for pair := range tile * gramCols {
				for _, v := range sums[pair*lanes:][:lanes] {
					dst[(i+pair/gramCols)*n+j+pair%gramCols] += v
				}
			}
		}
	}
	for i := range n {
		for j := i; j < n; j++ {
			from := done
			if j >= whole {
				from = 0
			}
			dst[i*n+j] += doubleDot(rows[i*pitch:][from:count], rows[j*pitch:][from:count])
		}
	}
}
