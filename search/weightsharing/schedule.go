package weightsharing

import "cellnet/train"

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
