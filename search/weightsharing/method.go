package weightsharing

import (
	"fmt"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/mt19937"
	"cellnet/models"
)

// method is an algorithm at work on its network.
type method interface {
	// step moves weights and architecture by a batch each, at the weights' rate.
	step(base, arch data.Batch, rate float64) (halves, error)
}

// cellMethod is one that searches cells.
type cellMethod interface {
	method
	// candidates are the cells to compare, up to n of them.
	candidates(n int) [][]cell.Op
	// validation is what a batch of the validation set is judged by.
	validation(chosen []cell.Op) models.Mixture
}

// widthMethod is one that searches widths.
type widthMethod interface {
	method
	validation() []models.Narrowing
}

// Shape is what a supernet must know beside its Run.
type Shape struct {
	Classes, Side int
	// Batch and EvaluationBatch are the greatest numbers of images.
	Batch, EvaluationBatch int
	Kernels                models.ISA
}

// Networks make supernets with weights drawn as PyTorch draws them, and after them
// the parameters of the architecture, but not those of enas' controller; random is
// PyTorch's generator as it is then.
type Networks interface {
	Cells(r Run, s Shape) (n Network, random *mt19937.Source, err error)
	Widths(r Run, s Shape) (n SizeNetwork, random *mt19937.Source, err error)
}

// engine is a network with the method that works on it.
type engine struct {
	method  method
	weights Weights
	learner *learner
	cells   *topology   // nil if widths are searched
	sizes   *sizeSearch // nil if cells are searched
	draws   *generators
	// controller is that of enas, baseline that of mask_rl; nil for others.
	controller *Controller
	baseline   *movingAverage
}

func newEngine(r Run, s Shape, networks Networks) (*engine, error) {
	e := new(engine)
	if r.Algorithm.Space() == cell.Size {
		net, random, err := networks.Widths(r, s)
		if err != nil {
			return nil, err
		}
		e.draws = newGenerators(random, r.Seed)
		e.sizes = newSizeSearch(net, r, e.draws)
		e.weights, e.learner = net, e.sizes.learner
	} else {
		net, random, err := networks.Cells(r, s)
		if err != nil {
			return nil, err
		}
		e.draws = newGenerators(random, r.Seed)
		e.cells = newTopology(net, r, e.draws)
		e.weights, e.learner = net, e.cells.learner
	}
	switch r.Algorithm {
	case DARTSV1:
		e.method = dartsV1{e.cells}
	case DARTSV2:
		e.method = dartsV2{dartsV1{e.cells}, r.ArchFirst}
	case GDAS, GDASV1:
		e.method = gdas{e.cells, r.Algorithm == GDAS}
	case SETN:
		e.method = setn{e.cells}
	case Random:
		e.method = random{e.cells, 3 * r.Cells, r.OneCell}
	case ENAS:
		e.controller = NewController(e.draws.torch)
		e.method = enas{e.cells, e.controller}
	case TAS:
		e.method = newTAS(e.sizes)
	case MaskGumbel:
		e.method = newMaskGumbel(e.sizes)
	case MaskRL:
		e.baseline = new(movingAverage)
		e.method = maskRL{e.sizes, e.baseline}
	default:
		return nil, fmt.Errorf("%v is no algorithm", r.Algorithm)
	}
	return e, nil
}

// begin sets what changes from epoch to epoch, and returns the weights' rate.
func (e *engine) begin(r Run, epoch int) (rate float64) {
	rate = r.rate(epoch)
	e.learner.sgd.SetRate(rate)
	if e.cells != nil {
		e.cells.tau, e.cells.dropped = r.tau(epoch), r.dropped(epoch)
		return rate
	}
	e.sizes.tau = r.tau(epoch)
	e.sizes.warm, e.sizes.warming = r.warmUp(epoch)
	return rate
}

// parameters are what is logged of the architecture: softmax(A), of enas the weights
// of the controller's last layer.
func (e *engine) parameters() [][]float64 {
	switch {
	case e.controller != nil:
		return tableOf(e.controller.params[predWeight].Numbers, controllerSize)
	case e.cells != nil:
		return softmaxRows(e.cells.alpha())
	}
	return softmaxRows(e.sizes.alpha())
}
