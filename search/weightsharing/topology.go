package weightsharing

import (
	"cellnet/cell"
	"cellnet/cell/supernet"
	"cellnet/data"
	"cellnet/models"
	"cellnet/train"
)

// topology is what all searches of cells share.
type topology struct {
	*learner
	net   Network
	adam  *train.Adam
	draws draws
	edges []cell.Link
	// tau and dropped are those of the epoch.
	tau, dropped float64
	blocks       int // cells and reductions
}

func newTopology(net Network, r Run, d draws) *topology {
	return &topology{
		learner: newLearner(net, r), net: net, adam: newAdam(r), draws: d, edges: edgesOf(r.Nodes), blocks: 3*r.Cells + 2,
	}
}

// alpha copies the architecture's parameters.
func (t *topology) alpha() table {
	return tableOf(t.net.Floats(supernet.Architecture), len(cell.Ops()))
}

// dropPath draws the factors of drop path.
func (t *topology) dropPath(images int) [][]float32 {
	if t.dropped == 0 {
		return nil
	}
	rows := make([][]float32, t.blocks)
	for i := range rows {
		rows[i] = make([]float32, images)
		for k, kept := range t.draws.kept(images, 1-t.dropped) {
			if kept {
				rows[i][k] = float32(1 / (1 - t.dropped))
			}
		}
	}
	return rows
}

// pass runs a batch in train mode.
func (t *topology) pass(b data.Batch, m models.Mixture, w models.Wanted) (models.Pass, error) {
	m.Drop = t.dropPath(len(b.Labels))
	return t.net.Train(b.Input, b.Labels, m, w)
}

// weightHalf moves the weights along the gradient of a batch.
func (t *topology) weightHalf(b data.Batch, m models.Mixture) (train.Score, error) {
	pass, err := t.pass(b, m, models.Wanted{Weights: true})
	if err != nil {
		return train.Score{}, err
	}
	s := scored(pass.Logits, b)
	return s, t.learner.step()
}

// measure runs a batch without gradients.
func (t *topology) measure(b data.Batch, m models.Mixture) (train.Score, error) {
	pass, err := t.pass(b, m, models.Wanted{})
	if err != nil {
		return train.Score{}, err
	}
	return scored(pass.Logits, b), nil
}

// archHalf moves the architecture's parameters along the gradient of a batch,
// which backward makes of that of the mixture.
func (t *topology) archHalf(b data.Batch, m models.Mixture, backward func(models.Pass) table) (train.Score, error) {
	pass, err := t.pass(b, m, models.Wanted{Factors: true})
	if err != nil {
		return train.Score{}, err
	}
	t.note()
	s := scored(pass.Logits, b)
	return s, t.stepAlpha(backward(pass))
}

func (t *topology) stepAlpha(gradient table) error {
	return stepArchitecture(t.adam, supernet.Architecture, t.net.Floats(supernet.Architecture), gradient)
}

// fixed is a cell that all layers have.
func fixed(ops []cell.Op) models.Mixture { return models.Mixture{Ops: [][]cell.Op{ops}} }

// likeliest is the operation of the highest parameter on each edge.
func (t *topology) likeliest() []cell.Op {
	ops := make([]cell.Op, len(t.edges))
	for e, row := range t.alpha() {
		ops[e] = cell.Op(argmax(row))
	}
	return ops
}
