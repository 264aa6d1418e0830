package bench

// API is one of the two published programs that read benchmark files. They
// answer some queries differently; which of them a file belongs to follows from
// its layout.
type API uint8

const (
	NAS201 API = iota // nas_201_api 2.0
	NATS              // nats_bench 1.8
)

// sum adds values in the order of the API: nas_201_api as NumPy does, pairwise,
// nats_bench from left to right.
func (api API) sum(values []float64) float64 {
	if api == NAS201 {
		return pairwiseSum(values)
	}
	return plainSum(values)
}

func (api API) mean(values []float64) float64 { return api.sum(values) / float64(len(values)) }

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
