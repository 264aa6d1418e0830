package models

import (
	"fmt"
	"iter"

	"cellnet/cell"
)

// Kind tells what an entry of a state dict is.
type Kind uint8

// The kinds of entries.
const (
	ConvWeight   Kind = iota // OIHW
	NormWeight               // one number a channel, as the three that follow
	NormBias                 //
	RunningMean              //
	RunningVar               // unbiased
	Batches                  // num_batches_tracked, one int64
	LinearWeight             // [classes, features]
	LinearBias               // [classes]
)

// Learnable tells whether training changes the entry by its gradient.
func (k Kind) Learnable() bool {
	return k != RunningMean && k != RunningVar && k != Batches
}

// Entry is one tensor of a network's state dict.
type Entry struct {
	Name   string
	Kind   Kind
	Shape  []int
	pixels float64 // a convolution's output pixels by those of the image
}

// Len is the number of elements.
func (e Entry) Len() int {
	n := 1
	for _, d := range e.Shape {
		n *= d
	}
	return n
}

// stages is the number of resolutions; each halves the side of the one before.
const stages = 3

// Entries walks over the state dict of a network in PyTorch's order.
func Entries(c cell.Config) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		l := layout{yield: yield, going: true}
		l.network(c)
	}
}

// layout hands out entries until it is told to stop.
type layout struct {
	yield func(Entry) bool
	going bool
}

func (l *layout) add(name string, kind Kind, pixels float64, shape ...int) {
	l.going = l.going && l.yield(Entry{name, kind, shape, pixels})
}

func (l *layout) norm(prefix string, channels int) {
	l.add(prefix+".weight", NormWeight, 0, channels)
	l.add(prefix+".bias", NormBias, 0, channels)
	l.add(prefix+".running_mean", RunningMean, 0, channels)
	l.add(prefix+".running_var", RunningVar, 0, channels)
	l.add(prefix+".num_batches_tracked", Batches, 0)
}

// convNorm is ReLU (op.0, without parameters), convolution and norm.
func (l *layout) convNorm(prefix string, out, in, size int, pixels float64) {
	l.add(prefix+".op.1.weight", ConvWeight, pixels, out, in, size, size)
	l.norm(prefix+".op.2", out)
}

func (l *layout) network(c cell.Config) {
	channels, pixels := c.C, 1.0
	l.add("stem.0.weight", ConvWeight, pixels, channels, 3, 3, 3)
	l.norm("stem.1", channels)
	k := 0
	for stage := range stages {
		if stage > 0 {
			pixels /= 4
			l.reduction(fmt.Sprintf("cells.%d", k), channels, pixels)
			channels *= 2
			k++
		}
		for range c.N {
			l.cell(fmt.Sprintf("cells.%d", k), c.Cell, channels, pixels)
			k++
		}
	}
	l.norm("lastact.0", channels)
	l.add("classifier.weight", LinearWeight, 0, c.Classes, channels)
	l.add("classifier.bias", LinearBias, 0, c.Classes)
}

func (l *layout) reduction(prefix string, channels int, pixels float64) {
	l.convNorm(prefix+".conv_a", 2*channels, channels, 3, pixels)
	l.convNorm(prefix+".conv_b", 2*channels, 2*channels, 3, pixels)
	l.add(prefix+".downsample.1.weight", ConvWeight, pixels, 2*channels, channels, 1, 1)
}

func (l *layout) cell(prefix string, c cell.Cell, channels int, pixels float64) {
	for i, e := range c.Edges() {
		switch e.Op {
		case cell.NorConv1x1:
			l.convNorm(fmt.Sprintf("%s.layers.%d", prefix, i), channels, channels, 1, pixels)
		case cell.NorConv3x3:
			l.convNorm(fmt.Sprintf("%s.layers.%d", prefix, i), channels, channels, 3, pixels)
		}
	}
}
