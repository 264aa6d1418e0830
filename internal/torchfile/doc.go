// Package torchfile reads and writes the files of torch.save, in the legacy
// format (pickles, then the tensors' memory) and in the zip format.
package torchfile
