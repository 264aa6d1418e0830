package models

import (
	"fmt"
	"strings"

	"cellnet/cell/twocell"
	"cellnet/internal/block"
	"cellnet/internal/ops"

	"gorgonia.org/gorgonia"
)

// AuxiliaryWeight is that of the auxiliary head's loss.
const AuxiliaryWeight = 0.4

// auxiliary tells whether the graph has an auxiliary head: it is for training.
func (n *Network) auxiliary() bool {
	net, ok := n.params.network.(twocell.Network)
	return ok && net.Auxiliary && n.options.Norm == NormByBatch
}

// isAuxiliary tells whether a tensor is of the auxiliary head.
func isAuxiliary(name string) bool { return strings.HasPrefix(name, twocell.AuxiliaryHead+".") }

// ofTwoCells adds the blocks of a network of two cells.
func (n *Network) ofTwoCells(b *ops.Builder, net twocell.Network) error {
	side := n.options.Side
	state, nodes := n.convNorm(twocell.StemName+".0", twocell.StemName+".1")
	last, err := b.Stem(twocell.StemName, n.Input, side, net.StemChannels(), state, nodes...)
	if err != nil {
		return err
	}
	n.Blocks = append(n.Blocks, last)
	before := last
	cells := net.Cells()
	for i, c := range cells {
		next, err := n.twoCell(b, i, c, before, last, side)
		if err != nil {
			return fmt.Errorf("%s: %w", twocell.CellName(i), err)
		}
		side = c.ResultSide(side)
		n.Blocks = append(n.Blocks, next)
		if i == net.AuxiliaryAt() && n.auxiliary() {
			if next, err = n.auxiliaryHead(b, next, side, c.Channels()); err != nil {
				return fmt.Errorf("%s: %w", twocell.AuxiliaryHead, err)
			}
		}
		before, last = last, next
	}
	norm, nodes := n.norm(twocell.LastNorm + ".0")
	if n.Features, err = b.Head("features", last, side, cells[len(cells)-1].Channels(), norm, nodes...); err != nil {
		return err
	}
	n.Logits, err = b.Linear("logits", n.Features, n.nodes[twocell.Classifier+".weight"], n.nodes[twocell.Classifier+".bias"])
	return err
}

// twoCell adds a cell.
func (n *Network) twoCell(b *ops.Builder, number int, c twocell.Inner, before, last *gorgonia.Node, side int) (*gorgonia.Node, error) {
	var states []block.LayerParams
	var nodes []*gorgonia.Node
	add := func(prefix string, l twocell.Layer) {
		prefix += l.Prefix
		for _, w := range l.Weights() {
			nodes = append(nodes, n.nodes[prefix+w.Name])
		}
		state, more := n.norm(prefix + l.Norm())
		states, nodes = append(states, block.LayerParams{Norm: state}), append(nodes, more...)
	}
	for i, l := range c.Preprocess() {
		add(twocell.PreprocessName(number, i), l)
	}
	for _, m := range c.Modules() {
		for _, l := range c.Layers(m.Op, m) {
			add(twocell.ModuleName(number, m), l)
		}
	}
	return b.TwoCell(twocell.CellName(number), before, last, c, side, states, nodes...)
}

// auxiliaryHead adds the auxiliary head on the result of a cell. Its first ReLU
// works in place in the published class, so that all that follows the cell sees
// the positive part, which is what it returns.
func (n *Network) auxiliaryHead(b *ops.Builder, x *gorgonia.Node, side, channels int) (*gorgonia.Node, error) {
	const name = twocell.AuxiliaryHead
	positive, err := b.Rectifier(name+".features.0", x, side, channels)
	if err != nil {
		return nil, err
	}
	middle, nodes := n.convNorm(name+".features.2", name+".features.3")
	last, more := n.convNorm(name+".features.5", name+".features.6")
	features, err := b.Auxiliary(name+".features", positive, side, channels, middle, last, append(nodes, more...)...)
	if err != nil {
		return nil, err
	}
	n.AuxiliaryLogits, err = b.Linear(name+".classifier", features, n.nodes[name+".classifier.weight"], n.nodes[name+".classifier.bias"])
	return positive, err
}

// addAuxiliaryLoss makes the loss the sum of both heads'.
func (n *Network) addAuxiliaryLoss(b *ops.Builder) error {
	loss, err := b.CrossEntropy("auxiliary_loss", n.AuxiliaryLogits, n.Labels, n.options.Smoothing)
	if err != nil {
		return err
	}
	n.Loss, err = b.WeightedSum("total_loss", n.Loss, loss, AuxiliaryWeight)
	return err
}
