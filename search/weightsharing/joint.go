package weightsharing

// joint is a mixture of all operations, weighed by softmax(A).
type joint struct{ probabilities table }

func (t *topology) joint() joint { return joint{softmaxRows(t.alpha())} }

func (j joint) mixture() Mixture { return Mixture{Weights: j.probabilities.float32s()} }

// backward is the derivative by A.
func (j joint) backward(pass Pass) table {
	d := make(table, len(j.probabilities))
	for e, p := range j.probabilities {
		d[e] = softmaxBackward(p, pass.Mixture[e])
	}
	return d
}
