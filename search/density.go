package search

import "math"

// density is statsmodels' estimate for unordered data, a product of Aitchison and
// Aitken's kernels (Biometrika 1976). Bandwidths above 1 and columns of a single
// value give negative and infinite densities, as they do there.
type density struct {
	rows   [][]uint8
	width  [maxPositions]float64 // bandwidth by column
	other  [maxPositions]float64 // kernel of a value that differs
	kernel []float64             // scratch: one number a row
}

func newDensity(rows [][]uint8, minBandwidth float64) *density {
	d := &density{rows: rows, kernel: make([]float64, len(rows))}
	n, columns := float64(len(rows)), len(rows[0])
	for c := range columns {
		var sum float64
		var values [256]bool
		for _, row := range rows {
			sum += float64(row[c])
			values[row[c]] = true
		}
		var squares float64
		for _, row := range rows {
			deviation := float64(row[c]) - sum/n
			squares += deviation * deviation
		}
		different := 0.0
		for _, v := range values {
			if v {
				different++
			}
		}
		deviation := math.Sqrt(squares / n)
		d.width[c] = max(1.06*deviation*math.Pow(n, -1/(4+float64(columns))), minBandwidth)
		d.other[c] = d.width[c] / (different - 1)
	}
	return d
}

// at is the density at x.
func (d *density) at(x []uint8) float64 {
	for i, row := range d.rows {
		product := 1.0
		for c, v := range row {
			if v == x[c] {
				product *= 1 - d.width[c]
			} else {
				product *= d.other[c]
			}
		}
		d.kernel[i] = product
	}
	return pairwise(d.kernel) / float64(len(d.kernel))
}

// pairwise adds in the order of NumPy's sum, so that densities that are equal
// there are equal here: up to 128 numbers in eight interleaved sums, more by
// halves that are multiples of 8.
func pairwise(x []float64) float64 {
	n := len(x)
	if n > 128 {
		half := n / 2
		half -= half % 8
		return pairwise(x[:half]) + pairwise(x[half:])
	}
	var sum float64
	if n >= 8 {
		r := [8]float64(x)
		i := 8
		for ; i+8 <= n; i += 8 {
			for j, v := range x[i : i+8] {
				r[j] += v
			}
		}
		sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]))
		x = x[i:]
	}
	for _, v := range x {
		sum += v
	}
	return sum
}
