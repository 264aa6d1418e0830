package twocell

import (
	"errors"
	"fmt"
	"slices"
)

// inputs is the number of a cell's inputs, and that of its first node.
const inputs = 2

// Edge is an operation on an earlier value of a cell.
type Edge struct {
	Op   Op
	From int // 0 and 1 are the inputs, 2 and up the nodes
}

// Cell is one of a genotype's two cells.
type Cell struct {
	Nodes  [][]Edge // of the nodes 2, 3, ..., what each adds up
	Concat []int    // nodes whose channels are the result, in order
}

// Genotype is the two cells of a network.
type Genotype struct{ Normal, Reduce Cell }

// Larger cells are mistakes: they would fill the memory.
const (
	maxNodes = 64
	maxEdges = 64 // of a node
)

// Validate returns an error that names the first thing that is wrong.
func (g Genotype) Validate() error {
	for _, c := range []struct {
		name   string
		cell   Cell
		lowest int // of the nodes in the result
	}{{"normal", g.Normal, 0}, {"reduce", g.Reduce, inputs}} {
		if err := c.cell.validate(); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if err := c.cell.validateConcat(c.lowest); err != nil {
			return fmt.Errorf("%s_concat: %w", c.name, err)
		}
	}
	return nil
}

func (c Cell) validate() error {
	if len(c.Nodes) == 0 {
		return errors.New("a cell without nodes")
	}
	if len(c.Nodes) > maxNodes {
		return fmt.Errorf("%d nodes, want %d at most", len(c.Nodes), maxNodes)
	}
	for i, edges := range c.Nodes {
		node := inputs + i
		if len(edges) == 0 {
			return fmt.Errorf("node %d has no edge", node)
		}
		if len(edges) > maxEdges {
			return fmt.Errorf("node %d has %d edges, want %d at most", node, len(edges), maxEdges)
		}
		for _, e := range edges {
			if e.Op >= numOps {
				return fmt.Errorf("node %d: unknown op %v", node, e.Op)
			}
			if e.From < 0 || e.From >= node {
				return fmt.Errorf("node %d: input %d is no earlier value, want 0 to %d", node, e.From, node-1)
			}
		}
	}
	return nil
}

func (c Cell) validateConcat(lowest int) error {
	if len(c.Concat) == 0 {
		return errors.New("no node to concatenate")
	}
	highest := inputs + len(c.Nodes) - 1
	if len(c.Concat) > highest+1 {
		return fmt.Errorf("%d nodes, want %d at most", len(c.Concat), highest+1)
	}
	for _, node := range c.Concat {
		if node < lowest || node > highest {
			return fmt.Errorf("node %d, want %d to %d", node, lowest, highest)
		}
	}
	return nil
}

// Equal tells whether two genotypes are the same, edge for edge.
func (g Genotype) Equal(other Genotype) bool {
	return g.Normal.equal(other.Normal) && g.Reduce.equal(other.Reduce)
}

func (c Cell) equal(other Cell) bool {
	return slices.Equal(c.Concat, other.Concat) &&
		slices.EqualFunc(c.Nodes, other.Nodes, func(a, b []Edge) bool { return slices.Equal(a, b) })
}

// Len is the number of values: inputs and nodes.
func (c Cell) Len() int { return inputs + len(c.Nodes) }

// Module is what computes the edges between two values. The published class
// keeps one for all of them, the last one's operation, and adds its result once
// for each; in training its batch norms see the batch that often.
type Module struct {
	Op       Op
	From, To int
	Times    int
	// Replaced lists the operations of earlier edges between the same values,
	// whose parameters are drawn at initialization and lost.
	Replaced []Op
}

// Name is the module's name in a state dict, such as "2<-0".
func (m Module) Name() string { return fmt.Sprintf("%d<-%d", m.To, m.From) }

// Modules lists what is computed, in the order of the state dict.
func (c Cell) Modules() []Module {
	var list []Module
	for i, edges := range c.Nodes {
		first := len(list)
		for _, e := range edges {
			at := slices.IndexFunc(list[first:], func(m Module) bool { return m.From == e.From })
			if at < 0 {
				list = append(list, Module{Op: e.Op, From: e.From, To: inputs + i, Times: 1})
				continue
			}
			m := &list[first+at]
			m.Replaced = append(m.Replaced, m.Op)
			m.Op = e.Op
			m.Times++
		}
	}
	return list
}

// Collapsed lists the modules that stand for several edges: a search's best
// edges of a node may come from one value, and the published class then keeps
// only the last.
func (c Cell) Collapsed() []Module {
	return slices.DeleteFunc(c.Modules(), func(m Module) bool { return m.Times == 1 })
}

// Live tells for each value whether the result depends on it. As in PyTorch, an
// edge of zeros is a dependency with a gradient of zero.
func (c Cell) Live() []bool {
	live := make([]bool, c.Len())
	for _, node := range c.Concat {
		live[node] = true
	}
	for node := len(live) - 1; node >= inputs; node-- {
		if !live[node] {
			continue
		}
		for _, e := range c.Nodes[node-inputs] {
			live[e.From] = true
		}
	}
	return live
}
