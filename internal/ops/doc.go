// Package ops holds one Gorgonia op for every block of the network, so that a
// graph has a node a block instead of one an arithmetic operation.
//
// Inputs of a block are its images and its parameters. Differentiating it adds
// one node that computes all of the block's gradients (and hands out its
// images') and a cheap node for each parameter that hands that one out.
//
// Ops have state: buffers, running statistics. Gorgonia merges nodes whose ops
// have equal hashes, so each op hashes a number of its own.
//
// A graph has a fixed capacity of images; [Batch] says how many of them a run
// uses. Rows of activations beyond that are undefined, those of features and
// logits are zero.
package ops
