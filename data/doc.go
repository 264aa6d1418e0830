// Package data reads the image sets of the NAS-Bench-201 benchmark and makes
// batches of them: CIFAR-10, CIFAR-100, ImageNet16-120, a synthetic set that needs
// no files, and folders of own pictures.
//
//	source, err := data.Open(data.CIFAR10, data.Options{Dir: "/data"})
//	images, err := source.Load(data.OriTest)
//	loader, err := data.NewLoader(images, data.LoaderConfig{
//		Normalization: data.CIFAR10.Normalization(),
//	})
//	for batch, err := range loader.Epoch(ctx, 0, 0) {
//		// batch.Input is N x 3 x 32 x 32, batch.Labels the N classes
//	}
//
// # Files
//
// CIFAR is read from the published Python pickles, of Python 2 or 3, and from the
// published .bin files (https://www.cs.toronto.edu/~kriz/cifar.html); ImageNet16
// from the pickles of Chrabaszcz, Loshchilov and Hutter ("A Downsampled Variant
// of ImageNet", 2017), train_data_batch_1 to 10 and val_data. MD5 sums are
// checked unless Options.NoVerify is set. Of a file of n bytes no more than
// 130 n and a constant of 2 MiB are allocated.
//
// # Randomness
//
// A batch is a function of the images, the LoaderConfig, the epoch and the step:
// the seed gives one stream of random numbers for the order of each epoch and one
// for the augmentation of each position in it. So an epoch may be begun at any
// step, and nothing depends on the number of threads.
package data
