package twocell

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"cellnet/cell"
)

// Channels of the auxiliary head's convolutions.
const (
	AuxiliaryMiddle   = 128
	AuxiliaryFeatures = 768
)

// AuxiliaryHead is the prefix of the auxiliary head's tensors.
const AuxiliaryHead = "auxiliary_head"

// StemName, LastNorm and Classifier are the prefixes of the tensors of the
// network's ends; cells are called cells.0 and so on.
const (
	StemName   = "stem"
	LastNorm   = "lastact"
	Classifier = "classifier"
)

// CellName is the prefix of a cell's tensors.
func CellName(i int) string { return fmt.Sprintf("cells.%d", i) }

// PreprocessName is the prefix of the layer of an input.
func PreprocessName(cell, input int) string {
	return fmt.Sprintf("%s.preprocess%d.", CellName(cell), input)
}

// ModuleName is the prefix of a module's layers.
func ModuleName(cell int, m Module) string {
	return fmt.Sprintf("%s.edges.%s.", CellName(cell), m.Name())
}

// Tensors yields the tensors of the network's state dict in PyTorch's order. The
// network must be valid.
func (n Network) Tensors() iter.Seq[cell.Tensor] {
	return func(yield func(cell.Tensor) bool) {
		var auxiliary []cell.Tensor
		n.tensors(false, func(t cell.Tensor, _ int) bool {
			if strings.HasPrefix(t.Name, AuxiliaryHead) {
				auxiliary = append(auxiliary, t)
				return true
			}
			if strings.HasPrefix(t.Name, LastNorm) {
				for _, a := range auxiliary {
					if !yield(a) {
						return false
					}
				}
				auxiliary = nil
			}
			return yield(t)
		})
	}
}

// Drawn yields the tensors in the order in which PyTorch draws their numbers:
// the auxiliary head's behind the cell that it reads, and without a name those
// of modules that others take the place of.
func (n Network) Drawn() iter.Seq[cell.Tensor] {
	return func(yield func(cell.Tensor) bool) {
		n.tensors(true, func(t cell.Tensor, _ int) bool { return yield(t) })
	}
}

// tensors hands out the tensors in the order in which they are made, with those
// that are replaced or without, and how often each is used.
func (n Network) tensors(replaced bool, yield func(t cell.Tensor, uses int) bool) {
	l := layout{yield: yield, going: true, scale: 1, uses: 1}
	l.stem(n.StemChannels())
	for i, c := range n.Cells() {
		l.cell(i, c, replaced)
		if i == n.AuxiliaryAt() {
			l.auxiliary(c.Channels(), n.Classes)
		}
		if !l.going {
			return
		}
	}
	width := n.LastChannels()
	l.norm(LastNorm+".0", width)
	l.add(Classifier+".weight", cell.LinearWeight, n.Classes, width)
	l.add(Classifier+".bias", cell.LinearBias, n.Classes)
}

// LastChannels is the number of channels of the last cell's result.
func (n Network) LastChannels() int {
	cells := n.Cells()
	return cells[len(cells)-1].Channels()
}

// layout hands out tensors until it is told to stop.
type layout struct {
	yield func(t cell.Tensor, uses int) bool
	going bool
	scale int
	uses  int
}

func (l *layout) add(name string, kind cell.TensorKind, shape ...int) {
	l.going = l.going && l.yield(cell.Tensor{Name: name, Kind: kind, Shape: shape, Scale: l.scale}, l.uses)
}

func (l *layout) norm(prefix string, channels int) {
	l.add(prefix+".weight", cell.NormWeight, channels)
	l.add(prefix+".bias", cell.NormBias, channels)
	l.add(prefix+".running_mean", cell.RunningMean, channels)
	l.add(prefix+".running_var", cell.RunningVar, channels)
	l.add(prefix+".num_batches_tracked", cell.Batches)
}

func (l *layout) stem(channels int) {
	l.add(StemName+".0.weight", cell.ConvWeight, channels, 3, 3, 3)
	l.norm(StemName+".1", channels)
}

func (l *layout) layers(number int, m Module, list []Layer) {
	for _, of := range list {
		l.layer(ModuleName(number, m), of)
	}
}

func (l *layout) layer(prefix string, of Layer) {
	for _, w := range of.Weights() {
		l.add(prefix+of.Prefix+w.Name, cell.ConvWeight, w.Shape...)
	}
	l.norm(prefix+of.Prefix+of.Norm(), of.Out)
}

func (l *layout) cell(number int, c Inner, replaced bool) {
	result := 1 << c.Stage
	l.scale = result
	if c.Reduces {
		l.scale = result / 2
	}
	for i, p := range c.Preprocess() {
		l.layer(PreprocessName(number, i), p)
	}
	l.scale = result
	if replaced {
		l.drawn(number, c)
		return
	}
	for _, m := range c.Modules() {
		l.uses = m.Times
		l.layers(number, m, c.Layers(m.Op, m))
	}
	l.uses = 1
}

// drawn hands out the tensors of all edges in their order. Only the last edge
// between two values has names.
func (l *layout) drawn(number int, c Inner) {
	for i, edges := range c.Nodes {
		for at, e := range edges {
			m := Module{Op: e.Op, From: e.From, To: inputs + i}
			if slices.ContainsFunc(edges[at+1:], func(later Edge) bool { return later.From == e.From }) {
				l.nameless(c.Layers(e.Op, m))
			} else {
				l.layers(number, m, c.Layers(e.Op, m))
			}
		}
	}
}

// nameless hands out the convolutions of layers without names.
func (l *layout) nameless(layers []Layer) {
	for _, of := range layers {
		for _, w := range of.Weights() {
			l.add("", cell.ConvWeight, w.Shape...)
		}
	}
}

func (l *layout) auxiliary(channels, classes int) {
	l.add(AuxiliaryHead+".features.2.weight", cell.ConvWeight, AuxiliaryMiddle, channels, 1, 1)
	l.norm(AuxiliaryHead+".features.3", AuxiliaryMiddle)
	l.add(AuxiliaryHead+".features.5.weight", cell.ConvWeight, AuxiliaryFeatures, AuxiliaryMiddle, 2, 2)
	l.norm(AuxiliaryHead+".features.6", AuxiliaryFeatures)
	l.add(AuxiliaryHead+".classifier.weight", cell.LinearWeight, classes, AuxiliaryFeatures)
	l.add(AuxiliaryHead+".classifier.bias", cell.LinearBias, classes)
}

// WithoutGradient is the names of the learnable tensors on which the loss does
// not depend: PyTorch leaves them without a gradient, so that training, weight
// decay included, does not change them.
func (n Network) WithoutGradient() map[string]bool {
	names := map[string]bool{}
	l := layout{going: true, yield: func(t cell.Tensor, _ int) bool {
		if t.Kind.Learnable() {
			names[t.Name] = true
		}
		return true
	}}
	if !n.StemLive() {
		l.stem(n.StemChannels())
	}
	for i, c := range n.Cells() {
		live := c.Cell.Live()
		for input, p := range c.Preprocess() {
			if !c.Live || !live[input] {
				l.layer(PreprocessName(i, input), p)
			}
		}
		for _, m := range c.Modules() {
			if !c.Live || !live[m.To] {
				l.layers(i, m, c.Layers(m.Op, m))
			}
		}
	}
	return names
}
