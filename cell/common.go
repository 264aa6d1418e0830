package cell

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// sideUnit is what the sides of images must be a multiple of: they are halved
// twice.
const sideUnit = 1 << (stages - 1)

// NumClasses is the number of classes.
func (n Network) NumClasses() int { return n.Classes }

// CheckSide returns an error if the network can't take images of side x side
// pixels.
func (n Network) CheckSide(side int) error {
	if side < sideUnit || side%sideUnit != 0 {
		return fmt.Errorf("images of side %d: the network needs a multiple of %d", side, sideUnit)
	}
	return nil
}

// Drawn yields the tensors in the order in which PyTorch draws their numbers,
// that of the state dict.
func (n Network) Drawn() iter.Seq[Tensor] { return n.Tensors() }

// WithoutGradient is the names of the learnable tensors on which the loss does
// not depend: PyTorch leaves them without a gradient, so that training, weight
// decay included, does not change them. An edge of zeros is a dependency with a
// gradient of zero, but for one that changes the width.
func (n Network) WithoutGradient() map[string]bool {
	names := map[string]bool{}
	blocks := slices.Collect(n.Blocks())
	reached := true
	for _, b := range slices.Backward(blocks) {
		var dead []string // prefixes of names
		if !reached {
			dead = append(dead, b.Name+".")
		}
		if b.Kind == CellBlock {
			nodes := n.Cell.dependencies(b.In != b.Out)
			for i, e := range n.Cell.Edges() {
				if !nodes[e.To] {
					dead = append(dead, fmt.Sprintf("%s.layers.%d.", b.Name, i))
				}
			}
			reached = reached && nodes[0]
		}
		for t := range n.tensorsOf(b) {
			if t.Kind.Learnable() && slices.ContainsFunc(dead, func(prefix string) bool { return strings.HasPrefix(t.Name, prefix) }) {
				names[t.Name] = true
			}
		}
	}
	return names
}

// dependencies tells for each node whether the last one depends on it.
func (c Cell) dependencies(changesWidth bool) []bool {
	live := make([]bool, c.NumNodes())
	live[len(live)-1] = true
	for to := len(live) - 1; to > 0; to-- {
		if !live[to] {
			continue
		}
		for _, e := range c.Incoming(to) {
			if e.From > 0 || !changesWidth || e.Op.Kind() != Zeros {
				live[e.From] = true
			}
		}
	}
	return live
}
