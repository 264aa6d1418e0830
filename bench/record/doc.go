// Package record holds what benchmarks record of trainings, and computes what the
// published Python programs nas_201_api 2.0 and nats_bench 1.8 compute of it, to
// the last bit, though the two add in different orders.
//
// An [Architecture] holds [Results] by each recipe, which hold a [Trial] for each
// dataset and seed. A [Snapshot] is a trial at one epoch. Where records are read
// from and written to is the matter of package bench.
//
// Accuracies are percentages, losses mean cross entropies, times seconds, FLOPs
// millions of multiply-accumulates, parameters millions. Epochs count from 0.
package record
