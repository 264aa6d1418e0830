package record

// plainSum adds from left to right.
func plainSum(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum
}

// pairwiseSum adds in the order of NumPy's sum of a contiguous array: up to 128
// values in eight interleaved sums, more by halves that are multiples of 8.
func pairwiseSum(values []float64) float64 {
	n := len(values)
	switch {
	case n < 8:
		return plainSum(values)
	case n > 128:
		half := n / 2
		half -= half % 8
		return pairwiseSum(values[:half]) + pairwiseSum(values[half:])
	}
	r := [8]float64(values)
	i := 8
	for ; i+8 <= n; i += 8 {
		for j, v := range values[i : i+8] {
			r[j] += v
		}
	}
	sum := ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]))
	for _, v := range values[i:] {
		sum += v
	}
	return sum
}
