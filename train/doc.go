// Package train trains and evaluates networks of package models by the recipes of
// the NAS-Bench-201 benchmark (Dong and Yang, ICLR 2020, section 2.3).
//
//	source, err := data.Open(data.CIFAR10Valid, data.Options{Dir: "/data"})
//	images, missing, err := train.LoadData(source)
//	recipe, err := train.Preset(12)
//	run := train.Run{Net: cell.Benchmark(c, 10), Dataset: data.CIFAR10Valid, Recipe: recipe, Seed: 777}
//	trainer, err := train.NewTrainer(run, images, train.Options{Checkpoints: "checkpoints"})
//	resumed, damaged, err := trainer.Resume()
//	err = trainer.Train(ctx)
//
// A [Run] determines every bit of the weights, on any number of processors and
// across any interruptions; kernels for different processors round differently.
//
// [SGD] and [RMSprop] are PyTorch's, as solvers for any graph of Gorgonia's.
// [Evaluate] is for any network in evaluation mode.
package train
