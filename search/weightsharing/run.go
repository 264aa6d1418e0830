package weightsharing

import (
	"fmt"
	"math"

	"cellnet/data"
	"cellnet/train"
)

// Run names one search: together with the code and the images it determines every
// bit of the result. Start from DefaultRun.
type Run struct {
	Algorithm Algorithm    `json:"algorithm"`
	Dataset   data.Dataset `json:"dataset"` // that the halves are of
	Seed      uint32       `json:"seed"`
	Epochs    int          `json:"epochs"`
	BatchSize int          `json:"batch_size"` // images of either half of a step

	// Of supernets of cells: channels of the first stage, cells of a stage, nodes of
	// a cell.
	Channels int `json:"channels,omitempty"`
	Cells    int `json:"cells,omitempty"`
	Nodes    int `json:"nodes,omitempty"`
	// Of supernets of widths: those to choose from, rising.
	Widths []int `json:"widths,omitempty"`

	// Of the batch norms in cells and before the classifier: whether they have
	// weights, and whether they keep running statistics.
	Affine bool `json:"affine"`
	Track  bool `json:"track_running_stats"`

	// Of the weights' SGD with Nesterov momentum. The rate falls from Rate to RateMin
	// on a cosine of RatePeriod epochs, 0 for all.
	Rate       float64 `json:"rate"`
	RateMin    float64 `json:"rate_min"`
	RatePeriod int     `json:"rate_period,omitempty"`
	Momentum   float64 `json:"momentum"`
	Decay      float64 `json:"decay"`
	// Clip, if it is not 0, is the greatest norm of the weights' gradient.
	Clip     float64 `json:"clip,omitempty"`
	DropPath float64 `json:"drop_path"` // rate that the last epoch reaches

	// Of Adam, which moves the architecture's parameters.
	ArchRate    float64    `json:"arch_rate"`
	ArchDecay   float64    `json:"arch_decay"`
	ArchBetas   [2]float64 `json:"arch_betas"`
	ArchEpsilon float64    `json:"arch_epsilon"`

	// Temperatures of gdas, gdas_v1, tas and mask_gumbel.
	TauMin float64 `json:"tau_min,omitempty"`
	TauMax float64 `json:"tau_max,omitempty"`
	// WarmUp is the share of the epochs in which widths are drawn without regard to
	// the architecture's parameters, and these stay.
	WarmUp float64 `json:"warmup_ratio,omitempty"`

	// Candidates are compared after every epoch, by setn, random and enas: each on a
	// batch of its own of EvaluationBatch images, or all on the same Batches.
	Candidates      int `json:"candidates,omitempty"`
	EvaluationBatch int `json:"evaluation_batch"`
	SameBatches     int `json:"same_batches,omitempty"`
	// FinalCandidates are compared once more when all epochs are done; 0 for as many
	// as Candidates.
	FinalCandidates int `json:"final_candidates,omitempty"`
	// Of enas' controller after every epoch: updates, and samples of each.
	ControllerUpdates int `json:"controller_updates,omitempty"`
	ControllerSamples int `json:"controller_samples,omitempty"`

	// What the scripts of NAS-Bench-201 do otherwise; see [OlderRun].
	//
	// ArchFirst has darts-v2 move the architecture before the weights.
	ArchFirst bool `json:"arch_first,omitempty"`
	// OneCell has random's weights learn on one cell for all layers, any of all cells,
	// and its candidates drawn independently.
	OneCell bool `json:"one_cell,omitempty"`
	// LastBaseline has enas' controller go on, in the next epoch, from the baseline
	// of its last sample, not from the mean of all samples'.
	LastBaseline bool `json:"last_baseline,omitempty"`
}

// DefaultRun has the settings that the algorithm was published with in NATS-Bench.
func DefaultRun(a Algorithm) Run {
	r := Run{
		Algorithm: a, Dataset: data.CIFAR10Valid, Seed: 777, Epochs: 100, BatchSize: 64, EvaluationBatch: 512,
		Rate: 0.025, RateMin: 0.001, Momentum: 0.9, Decay: 5e-4,
		ArchRate: 3e-4, ArchDecay: 1e-3, ArchBetas: [2]float64{0.5, 0.999}, ArchEpsilon: 1e-8,
	}
	if a >= TAS {
		r.Widths, r.WarmUp = []int{8, 16, 24, 32, 40, 48, 56, 64}, 0.3
	} else {
		r.Channels, r.Cells, r.Nodes = 16, 5, 4
	}
	if a.tempered() {
		r.TauMin, r.TauMax = 0.1, 10
	}
	switch a {
	case SETN, Random:
		r.Candidates = 100
	case ENAS:
		r.Candidates, r.ArchRate, r.ArchEpsilon, r.ArchDecay = 100, 1e-3, 1e-3, 0
		r.ControllerUpdates, r.ControllerSamples = controllerUpdates, controllerGroup
	case MaskRL:
		r.ArchDecay = 0
	}
	return r
}

// OlderRun has the settings of the scripts that the figures of the NAS-Bench-201
// paper (Table 5) were made with, where they change results. With Affine false and
// Track true they are those of its upper half, with both false those of the lower
// one. What it has not: weights of the last batch norm, and controllers that learn on
// augmented images.
func OlderRun(a Algorithm) Run {
	r := DefaultRun(a)
	switch a {
	case DARTSV1, DARTSV2:
		r.Epochs, r.EvaluationBatch, r.ArchFirst = 50, 64, a == DARTSV2
	case GDAS, GDASV1:
		r.Epochs, r.EvaluationBatch = 250, 64
	case SETN:
		r.Epochs = 250
	case Random:
		r.Epochs, r.OneCell = 250, true
	case ENAS:
		r.Epochs, r.BatchSize, r.EvaluationBatch = 250, 128, 128
		r.Rate, r.RateMin, r.RatePeriod, r.Decay = 0.05, 5e-4, 10, 2.5e-4
		r.ArchBetas, r.LastBaseline = [2]float64{0, 0.999}, true
		r.Candidates, r.FinalCandidates = 10, 100
	}
	if a.searchesCells() && a != SETN {
		r.Clip = 5
	}
	return r
}

// Validate returns an error that names the first setting that is out of range.
func (r Run) Validate() error {
	if _, err := r.Algorithm.MarshalText(); err != nil {
		return err
	}
	if r.Epochs < 1 || r.Epochs > maxEpochs {
		return fmt.Errorf("epochs: %d, want 1 to %d", r.Epochs, maxEpochs)
	}
	for _, batch := range []int{r.BatchSize, r.EvaluationBatch} {
		if batch < 1 || batch > maxBatch {
			return fmt.Errorf("batch size: %d, and %d to evaluate, want 1 to %d", r.BatchSize, r.EvaluationBatch, maxBatch)
		}
	}
	if err := r.validateNet(); err != nil {
		return err
	}
	if err := r.validateOptimizers(); err != nil {
		return err
	}
	if r.Algorithm.tempered() {
		if !(r.TauMin > 0) || !(r.TauMin <= r.TauMax) || math.IsInf(r.TauMax, 0) {
			return fmt.Errorf("tau: from %g to %g, want a lowest one above 0 and a highest one no less", r.TauMin, r.TauMax)
		}
	} else if r.TauMin != 0 || r.TauMax != 0 {
		return fmt.Errorf("tau: %v has no temperature", r.Algorithm)
	}
	if err := r.validateSelection(); err != nil {
		return err
	}
	return nil
}

const (
	maxEpochs = 1 << 20
	maxBatch  = 1 << 16
	maxCells  = 1 << 20 // that are compared, or that a controller learns by
	maxNodes  = 10
)

func (r Run) validateNet() error {
	switch sized := r.Algorithm >= TAS; {
	case sized && (r.Channels != 0 || r.Cells != 0 || r.Nodes != 0):
		return fmt.Errorf("channels, cells, nodes: %v searches widths, want none of them", r.Algorithm)
	case sized && !(r.WarmUp > 0 && r.WarmUp <= 1):
		return fmt.Errorf("warm-up ratio: %g, want above 0 and at most 1", r.WarmUp)
	case sized && len(r.Widths) < 2:
		return fmt.Errorf("widths: %v, want two or more to choose from", r.Widths)
	case sized:
		for i, w := range r.Widths {
			if w < 1 || i > 0 && w <= r.Widths[i-1] {
				return fmt.Errorf("widths: %v, want them above 0 and rising", r.Widths)
			}
		}
		if r.DropPath != 0 {
			return fmt.Errorf("drop path: %v has none", r.Algorithm)
		}
	case r.Channels < 1:
		return fmt.Errorf("channels: %d, want 1 or more", r.Channels)
	case r.Cells < 1:
		return fmt.Errorf("cells: %d, want 1 or more", r.Cells)
	case r.Nodes < 2 || r.Nodes > maxNodes:
		return fmt.Errorf("nodes: %d, want 2 to %d", r.Nodes, maxNodes)
	case r.Widths != nil || r.WarmUp != 0:
		return fmt.Errorf("widths and warm-up: %v searches cells, want none of them", r.Algorithm)
	case !(r.DropPath >= 0 && r.DropPath < 1):
		return fmt.Errorf("drop path: %g, want 0 or more and below 1", r.DropPath)
	}
	return nil
}

func (r Run) validateOptimizers() error {
	for _, s := range []struct {
		name  string
		value float64
	}{
		{"rate", r.Rate}, {"lowest rate", r.RateMin}, {"momentum", r.Momentum}, {"decay", r.Decay}, {"clip", r.Clip},
		{"arch rate", r.ArchRate}, {"arch decay", r.ArchDecay}, {"arch epsilon", r.ArchEpsilon},
	} {
		if !(s.value >= 0) || math.IsInf(s.value, 0) {
			return fmt.Errorf("%s: %g, want 0 or more", s.name, s.value)
		}
	}
	for _, beta := range r.ArchBetas {
		if !(beta >= 0 && beta < 1) {
			return fmt.Errorf("arch betas: %v, want them 0 or more and below 1", r.ArchBetas)
		}
	}
	if r.RatePeriod < 0 {
		return fmt.Errorf("rate period: %d epochs, want 1 or more", r.RatePeriod)
	}
	return nil
}

func (r Run) validateSelection() error {
	compares := r.Algorithm.compares()
	switch {
	case compares && (r.Candidates < 1 || r.Candidates > maxCells):
		return fmt.Errorf("candidates: %d, want 1 to %d", r.Candidates, maxCells)
	case r.FinalCandidates < 0 || r.FinalCandidates > maxCells:
		return fmt.Errorf("final candidates: %d, want 1 to %d, or 0 for as many as after an epoch", r.FinalCandidates, maxCells)
	case !compares && (r.Candidates != 0 || r.SameBatches != 0 || r.FinalCandidates != 0):
		return fmt.Errorf("candidates: %v compares none", r.Algorithm)
	case r.SameBatches < 0:
		return fmt.Errorf("same batches: %d, want 1 or more", r.SameBatches)
	case r.Algorithm == ENAS && (r.ControllerUpdates < 1 || r.ControllerSamples < 1 || r.ControllerUpdates > maxCells || r.ControllerSamples > maxCells):
		return fmt.Errorf("controller: %d updates of %d samples, want 1 to %d", r.ControllerUpdates, r.ControllerSamples, maxCells)
	case r.Algorithm != ENAS && (r.ControllerUpdates != 0 || r.ControllerSamples != 0 || r.LastBaseline):
		return fmt.Errorf("controller: %v has none", r.Algorithm)
	case r.Algorithm != DARTSV2 && r.ArchFirst:
		return fmt.Errorf("architecture first: the halves of a step of %v have one order", r.Algorithm)
	case r.Algorithm != Random && r.OneCell:
		return fmt.Errorf("one cell for all layers: %v draws its cells in one way", r.Algorithm)
	}
	return nil
}

// rate is the learning rate of the weights in an epoch: half a period of a cosine.
func (r Run) rate(epoch int) float64 {
	recipe := train.Recipe{Epochs: r.Epochs, Rate: r.Rate, Schedule: train.Cosine{Min: r.RateMin, Period: r.RatePeriod}}
	if r.RatePeriod > 0 {
		recipe.Epochs = r.Epochs + 1 // the period's own end is none of the rate's
	}
	return recipe.RateAt(epoch, 0, 1)
}

// tau is the temperature of an epoch: it falls in equal steps.
func (r Run) tau(epoch int) float64 {
	if r.Epochs == 1 {
		return r.TauMax
	}
	return r.TauMax - (r.TauMax-r.TauMin)*float64(epoch)/float64(r.Epochs-1)
}

// dropped is the probability with which drop path leaves an image out in an epoch.
func (r Run) dropped(epoch int) float64 {
	return r.DropPath * float64(epoch+1) / float64(r.Epochs)
}

// warmUp is the probability of the largest width in an epoch of the warm-up; false
// when that is over.
func (r Run) warmUp(epoch int) (largest float64, ok bool) {
	done := float64(epoch) / float64(r.Epochs)
	if !(done < r.WarmUp) {
		return 0, false
	}
	return 1 - done/r.WarmUp, true
}
