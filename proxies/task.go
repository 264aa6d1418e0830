package proxies

import (
	"fmt"

	"cellnet/internal/mt19937"
	"cellnet/models"
)

// Task is what scores are functions of: networks and batches.
type Task struct {
	// Params are the network that most measures look at, in the state of its
	// initialization. No measure changes a network.
	Params *models.Parameters
	Batch  Batch
	// How many of the first images of the batch these measures take; 0 for all.
	GraSPImages, SWAPImages, NTKImages int

	ZenParams           *models.Parameters
	ZenImages, ZenNoise []float32 // NCHW, as many of both

	AZNASParams *models.Parameters
	AZNASImages []float32
	AZNASSigns  *mt19937.Source // it is not moved

	Counting Counting // of ReLUs by nwot
	// EPEClasses is the number of classes that epe_nas goes by; 0 for the
	// network's.
	EPEClasses int
}

// Counting says which ReLUs nwot counts.
type Counting uint8

// The ways to count.
const (
	EachOnce Counting = iota // every ReLU that runs
	// AsNASWOT counts ReLUs before a convolution twice, and leaves out those that
	// no way leads from to the logits: the published program hooks every module
	// whose class is called after ReLU.
	AsNASWOT
)

func (t *Task) validate(wanted map[Measure]bool) error {
	if err := t.Batch.validate(); err != nil {
		return err
	}
	n := t.Batch.Len()
	for m := range wanted {
		switch m {
		case JacobCov, EPENAS, NWOT, NTK, ZiCo:
			if n < 2 {
				return errFew(m, n)
			}
		}
		switch m {
		case GradNorm, SNIP, Plain, Fisher, GraSP, ZiCo, GradSign, EPENAS:
			if t.Batch.Labels == nil {
				return fmt.Errorf("%v needs labels", m)
			}
		}
		if m == GradSign && t.Batch.Side < 8 {
			return fmt.Errorf("%v on images of side %d: batch norm by one image needs more than one value a channel", m, t.Batch.Side)
		}
	}
	return nil
}

// errFew says that a measure needs more images.
func errFew(m Measure, images int) error {
	return fmt.Errorf("%v of %d image: it needs 2 or more", m, images)
}
