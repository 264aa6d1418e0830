// Package speed measures how fast networks train and evaluate on this machine,
// and how much memory that takes.
//
// Networks are the benchmark's for CIFAR-10: 10 classes, images of 32 x 32 pixels,
// cells with 16 channels in the first stage and 5 cells a stage. Images are
// random numbers, made before the clock starts.
package speed
