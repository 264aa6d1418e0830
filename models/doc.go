// Package models builds the network of the cell search space as a Gorgonia
// graph, with PyTorch's parameters, names and numbers.
//
// [Parameters] are the learnable tensors and running statistics of a network:
// initialized as PyTorch does ([Initialize]) or taken from a state dict
// ([FromStateDict]). A [Network] is a graph on them, for training or for
// evaluation; several may share the same parameters. Its nodes are exported, so
// that ops of Gorgonia's can be added around it:
//
//	params := models.Initialize(config, 777)
//	net, err := models.New(params, models.Options{Side: 32, Capacity: 256, Norm: models.NormByBatch, Gradients: true})
//	...
//	_, err = gorgonia.Grad(net.Loss, net.Learnables()...)
//	vm := gorgonia.NewTapeMachine(net.Graph, gorgonia.BindDualValues(net.Learnables()...))
//
// The architecture is that of Dong & Yang, "NAS-Bench-201" (ICLR 2020): a stem,
// three stages of N cells at C, 2C and 4C channels with a residual block of
// stride 2 between them, batch norm, global average and a linear classifier.
//
// Images go in as NCHW. Activations between blocks are NHWC, their channels
// padded with zeros to a multiple of 16. Input gradients of the stem are not
// computed.
package models
