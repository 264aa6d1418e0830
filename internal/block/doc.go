// Package block computes the network's blocks (stem, cell, reduction, head)
// forward and backward on the kernels, without a graph: package ops puts them
// into one.
//
// Training and evaluation are types of their own. A training block keeps what
// its gradient needs, normalizes with the statistics of the batch and moves the
// running ones; an evaluation block folds batch norm into the weights and
// computes only what reaches its output.
//
// Activations are NHWC with channels padded to a multiple of [kernel.Lane] (the
// padding is zero). Parameters are slices in PyTorch's layout, owned by the
// caller and read at every call. A batch has n images, at most the capacity a
// block was made for. Work is divided over images, partial sums are added in
// the order of the images, so that results don't depend on the number of
// processors.
package block
