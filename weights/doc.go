// Package weights reads and writes the tensors of networks: PyTorch's .pth
// files in both formats, and safetensors.
package weights
