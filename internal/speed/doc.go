// Package speed measures how fast networks train and evaluate on this machine,
// and how much memory that takes.
//
// Networks have 16 channels in the first stage, 5 cells a stage and 10 classes,
// images 32 x 32 pixels, as the benchmark has them for CIFAR-10. Images are
// random numbers, made before the clock starts.
package speed
