// Package trialfile reads and writes trial files: what the training of one
// architecture with one seed left, a record for each dataset. The published
// programs of both search spaces write them (AutoDL-Projects,
// exps/NAS-Bench-201/functions.py, and main-tss.py and main-sss.py of
// exps/NATS-Bench), in two forms, both of which are read:
//
//	older  flop, param, channel, num_cells, config, ...
//	newer  flop, param, arch_config, opt_config, ..., learning_rates
//
// Each search space's is written in the form that its published collecting program
// takes: the older one by tss-collect.py, the newer one by sss-collect.py.
package trialfile
