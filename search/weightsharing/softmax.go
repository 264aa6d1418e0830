package weightsharing

import "math"

// table is a matrix in double precision.
type table [][]float64

func newTable(rows, columns int) table {
	t, numbers := make(table, rows), make([]float64, rows*columns)
	for i := range t {
		t[i] = numbers[i*columns : (i+1)*columns]
	}
	return t
}

// tableOf copies numbers that stand row by row.
func tableOf(numbers []float32, columns int) table {
	t := newTable(len(numbers)/columns, columns)
	for i, v := range numbers {
		t[i/columns][i%columns] = float64(v)
	}
	return t
}

func (t table) float32s() [][]float32 {
	rows := make([][]float32, len(t))
	for i, row := range t {
		rows[i] = make([]float32, len(row))
		for k, v := range row {
			rows[i][k] = float32(v)
		}
	}
	return rows
}

// argmax is the place of the greatest number, the first of equal ones.
func argmax(row []float64) int {
	best := 0
	for i, v := range row {
		if v > row[best] {
			best = i
		}
	}
	return best
}

// logSoftmax returns a row less the logarithm of the sum of its exponentials.
func logSoftmax(row []float64) []float64 {
	top, sum := math.Inf(-1), 0.0
	for _, v := range row {
		top = math.Max(top, v)
	}
	for _, v := range row {
		sum += math.Exp(v - top)
	}
	norm := top + math.Log(sum)
	out := make([]float64, len(row))
	for i, v := range row {
		out[i] = v - norm
	}
	return out
}

func softmax(row []float64) []float64 {
	out := logSoftmax(row)
	for i, v := range out {
		out[i] = math.Exp(v)
	}
	return out
}

// softmaxBackward is the derivative by what p is the softmax of, of that by p.
func softmaxBackward(p, dp []float64) []float64 {
	var mean float64
	for i, v := range p {
		mean += v * dp[i]
	}
	d := make([]float64, len(p))
	for i, v := range p {
		d[i] = v * (dp[i] - mean)
	}
	return d
}

// softmaxRows and logSoftmaxRows work row by row.
func softmaxRows(t table) table {
	out := make(table, len(t))
	for i, row := range t {
		out[i] = softmax(row)
	}
	return out
}

func logSoftmaxRows(t table) table {
	out := make(table, len(t))
	for i, row := range t {
		out[i] = logSoftmax(row)
	}
	return out
}
