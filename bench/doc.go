// Package bench reads and writes the records of NAS-Bench-201 and NATS-Bench and
// answers their queries:
//
//	b, err := bench.Open("NAS-Bench-201-v1_1-096897.pth")
//	if err != nil {
//		return err
//	}
//	defer b.Close()
//	info, err := b.MoreInfo(bench.Selection{Index: 11, Dataset: data.CIFAR100, HP: bench.HP200})
//
// A [Benchmark] holds an [Architecture] for each architecture, which holds [Results]
// by each recipe, which hold a [Trial] for each dataset and seed; package record has
// more to say of them. A Benchmark never changes, so that many searches may share one,
// each with a [Clock] of its own. The queries are
// those of the published Python programs nas_201_api 2.0 and nats_bench 1.8, and
// so are the numbers, to the last bit, though the two programs add in different
// orders; which of them answers follows from the file's [Layout].
//
// # Files
//
// [Open] reads every published layout, and folders of trial files that trainings
// left, in memory that does not grow with the file: a scan notes where each
// architecture's record lies, a record is decoded when it is asked for. [Import]
// makes a store of any of them, a Parquet file that is opened at once, read in
// parts, and open to other programs too; [Export] gives the published file back.
// Neither keeps trained weights, which [Benchmark.Weights] reads from an archive
// or a trial file.
//
// # Units
//
// Accuracies are percentages, losses mean cross entropies, times seconds,
// FLOPs millions of multiply-accumulates, parameters millions. Epochs count
// from 0.
package bench
