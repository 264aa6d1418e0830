// Package speed measures how fast networks train and evaluate on this machine,
// and how much memory that takes.
//
// Images are of CIFAR-10's size, 32 x 32 pixels: random numbers, made before the
// clock starts.
package speed
