// Package search finds architectures by training one after another: random
// search, regularized evolution, REINFORCE, Hyperband and BOHB, as the programs
// published with NATS-Bench (Dong et al., TPAMI 2021) run them, draw for draw;
// local search and Bayesian optimization, which are stronger; and NSGA-II for
// accuracy against costs.
//
// A [Judge] says what a training brings: a table of results, a benchmark file,
// or trainings that really run.
//
//	run, err := search.Search(ctx, search.Evolution{Population: 10, Sample: 3}, search.Problem{
//		Space: search.Topology(), Judge: judge, Epochs: 12, Budget: 20000, Seed: 1,
//	})
//	if err != nil {
//		return err // what was trained until then is in run
//	}
//	fmt.Println(run.Space.Arch(run.Incumbent()))
//
// A run is a function of its problem and seed: the same on every machine and for
// any number of processors, and with the same judge always the same.
package search
