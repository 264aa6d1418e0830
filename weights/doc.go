// Package weights reads and writes the tensors of networks: the .pth files of
// torch.save in both formats, the record files of NAS-Bench-201 and
// NATS-Bench that hold weights, and safetensors.
//
//	f, err := weights.OpenFile("000157-FULL.pth")
//	if err != nil {
//		return err
//	}
//	defer f.Close()
//	n, err := f.Select(weights.Selector{HP: 200, Dataset: "cifar10"})
//	if err != nil {
//		return err // it lists what there is
//	}
//	state, err := n.Load()
//
// Opening a file reads names, shapes and types, Load the numbers.
//
// Files are read as data: nothing in a pickle is executed, and what it makes of
// classes outside a closed list is Opaque. What a file only claims is checked
// against the bytes that are there: a .pth file of n bytes makes Open and Load
// allocate at most 256*n bytes and a constant of 8 MiB, a file packed with
// bzip2 at most 2,048*n.
package weights
