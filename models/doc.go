// Package models builds the networks of the search spaces as Gorgonia graphs, with
// PyTorch's parameters, names and numbers.
//
// [Parameters] are the learnable tensors and running statistics of a network:
// initialized as PyTorch does ([Initialize]) or taken from a state dict
// ([FromStateDict]). A [Network] is a graph on them, for training or for evaluation;
// several may share the same parameters. Its nodes are exported, so that ops of
// Gorgonia's can be added around it. A [Stepper] runs a network with its gradient, a
// [Predictor] without; [Options].Trace shows what every module computes on the way.
// A [Supernet] holds all candidates of a space, and is told for every pass what of it
// runs.
//
// The architecture is that of Dong & Yang, "NAS-Bench-201" (ICLR 2020): a stem,
// three stages of N cells at C, 2C and 4C channels with a residual block of
// stride 2 between them, batch norm, global average and a linear classifier; that of
// networks of widths is NATS-Bench's (Dong et al., 2021).
//
// Images go in as NCHW. Activations between blocks are NHWC, their channels
// padded with zeros to a multiple of 16.
package models
