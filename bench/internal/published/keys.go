package published

// The entries of a benchmark file's root.
const (
	keyArchs     = "meta_archs"
	keyRecords   = "arch2infos"
	keyEvaluated = "evaluated_indexes"
)

// The entry of a trial that holds the trained weights, and those of results that
// hold the trials and their seeds.
const (
	keyWeights = "net_state_dict"
	keyTrials  = "all_results"
	keySeeds   = "dataset_seed"
)
