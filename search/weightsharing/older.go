package weightsharing

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
