package weightsharing

import "cellnet/models"

// joint is a mixture of all operations, weighed by softmax(A).
type joint struct{ probabilities table }

func (t *topology) joint() joint { return joint{softmaxRows(t.alpha())} }

func (j joint) mixture() models.Mixture { return models.Mixture{Factors: j.probabilities.float32s()} }

// backward is the derivative by A.
func (j joint) backward(pass models.Pass) table {
	d := make(table, len(j.probabilities))
	for e, p := range j.probabilities {
		d[e] = softmaxBackward(p, pass.Factors[e])
	}
	return d
}
