package models

import (
	"fmt"
	"strings"

	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/internal/kernel"
	"cellnet/internal/procmem"
)

const floatSize = 4 // bytes

// Memory is about how many bytes a network that is built with these options
// takes when it runs, with its parameters. It is a lower bound: what scratch
// memory and packed weights take makes it up to three times as much. [New] and
// [Initialize] fail where the system has less.
func Memory(n spec.Network, o Options) float64 {
	return floatSize * (parametersOf(n) + beside(n, o))
}

// parametersOf counts the numbers of the state dict.
func parametersOf(n spec.Network) float64 {
	var numbers float64
	for t := range n.Tensors() {
		if t.Kind != cell.Batches {
			numbers += float64(t.Len())
		}
	}
	return numbers
}

// beside counts the numbers that a graph has beside its parameters. With
// gradients these are gradients, packed weights, the value of every block with
// its gradient, and what each convolution gives; without, folded weights and the
// values.
func beside(n spec.Network, o Options) float64 {
	capacity := float64(o.Capacity)
	numbers := capacity * 3 * float64(o.Side) * float64(o.Side)
	for _, l := range n.Layers(o.Side) {
		values := capacity * float64(kernel.Pad(l.Output[0])) * float64(l.Output[1]) * float64(l.Output[2])
		if o.Gradients {
			values *= 2
		}
		numbers += values
	}
	dead := n.WithoutGradient()
	for t := range n.Tensors() {
		norm, isNorm := strings.CutSuffix(t.Name, ".running_mean")
		switch {
		case dead[t.Name] || isNorm && dead[norm+".weight"]:
		case t.Kind == cell.ConvWeight && o.Gradients:
			numbers += 2 * float64(t.Len())
		case t.Kind == cell.ConvWeight:
			numbers += float64(t.Len())
		case isNorm && o.Gradients:
			side := float64(o.Side / t.Scale)
			numbers += capacity * float64(kernel.Pad(t.Len())) * side * side
		}
	}
	return numbers
}

// CheckMemory returns an error if the system has less memory than networks that
// are built side by side with these options take.
func CheckMemory(n spec.Network, o Options, networks int) error {
	what := fmt.Sprintf("a network on batches of %d images", o.Capacity)
	if networks > 1 {
		what = fmt.Sprintf("%d networks on batches of %d images", networks, o.Capacity)
	}
	return require(what, Memory(n, o)*float64(networks))
}

func require(what string, bytes float64) error {
	if err := procmem.Require(what, bytes); err != nil {
		return fmt.Errorf("%w: take smaller batches, fewer channels, cells or networks at a time", err)
	}
	return nil
}
