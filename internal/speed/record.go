package speed

// Record is what was measured of a network. What was not measured is null.
type Record struct {
	Arch       string   `json:"arch"`         // as spec.Name gives it
	Train      *float64 `json:"train"`        // images/s of training steps
	Eval       *float64 `json:"eval"`         // images/s of evaluation
	TrainFLOPs *float64 `json:"train_gflops"` // GFLOP/s
	EvalFLOPs  *float64 `json:"eval_gflops"`  // GFLOP/s
	Peak       float64  `json:"peak_gflops"`  // what the machine can do, GFLOP/s
	Memory     float64  `json:"rss_mb"`       // largest resident memory, MB of 2^20 bytes; 0 if unknown
}
