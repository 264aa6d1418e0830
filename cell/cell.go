// Package cell describes the cells of the NAS-Bench-201 search space (Dong and
// Yang, ICLR 2020): small directed acyclic graphs whose edges are operations on
// images. It reads and writes arch strings, knows the benchmark's 15,625 cells
// and their indexes without any file, and compares cells by canonical forms.
//
//	c, err := cell.Parse("|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|")
//	index, ok := c.Index() // 1, true
//
// Node 0 is a cell's input. Every other node is the sum of its incoming edges,
// each an operation on an earlier node; the last node is the output. The
// benchmark's cells have four nodes and one edge between any two of them; this
// package takes any number of nodes, and any edges as long as each node but the
// input has one.
//
// The package only describes: package models makes networks of cells.
package cell

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Edge is an edge as the node it leads to sees it: an operation on an earlier
// node.
type Edge struct {
	Op   Op
	From int
}

// Link is an edge with both of its ends; From < To.
type Link struct {
	Op       Op
	From, To int
}

// Cell is an immutable cell. The zero value is no cell: it has no nodes.
type Cell struct {
	edges []Edge
	// ends[j] counts the edges into nodes 0..j, so that those into node j are
	// edges[ends[j-1]:ends[j]].
	ends []int
}

// New makes a cell of the edges into nodes 1, 2, ... It fails if there is no
// node, if a node has no edge, if an edge doesn't come from an earlier node, or
// if an operation is none of [AllOps].
func New(nodes ...[]Edge) (Cell, error) {
	if len(nodes) == 0 {
		return Cell{}, fmt.Errorf("cell: no node besides the input")
	}
	b := newBuilder()
	for _, edges := range nodes {
		for _, e := range edges {
			if !e.Op.known() {
				return Cell{}, fmt.Errorf("cell: node %d: unknown op %d", b.node(), e.Op)
			}
			if e.From < 0 || e.From >= b.node() {
				return Cell{}, fmt.Errorf("cell: %s", notEarlier(b.node(), strconv.Itoa(e.From)))
			}
			b.add(e)
		}
		if !b.endNode() {
			return Cell{}, fmt.Errorf("cell: node %d has no edge", b.node())
		}
	}
	return b.cell, nil
}

// notEarlier says that node takes an input that doesn't come before it.
func notEarlier(node int, input string) string {
	allowed := "only node 0 comes"
	if node > 1 {
		allowed = fmt.Sprintf("only nodes 0 to %d come", node-1)
	}
	return fmt.Sprintf("node %d can't take its input from node %s: %s before it", node, input, allowed)
}

// builder appends edges and nodes to a cell.
type builder struct{ cell Cell }

func newBuilder() builder { return builder{Cell{ends: []int{0}}} }

// node returns the number of the node being built.
func (b *builder) node() int { return len(b.cell.ends) }

func (b *builder) add(e Edge) { b.cell.edges = append(b.cell.edges, e) }

// endNode goes on to the next node, or returns false if this one has no edge.
func (b *builder) endNode() bool {
	ends := b.cell.ends
	if len(b.cell.edges) == ends[len(ends)-1] {
		return false
	}
	b.cell.ends = append(ends, len(b.cell.edges))
	return true
}

// IsZero reports whether c is the zero value, which is no cell.
func (c Cell) IsZero() bool { return len(c.ends) == 0 }

// NumNodes returns the number of nodes, the input included: 4 in the benchmark.
func (c Cell) NumNodes() int { return len(c.ends) }

// NumEdges returns the number of edges: 6 in the benchmark.
func (c Cell) NumEdges() int { return len(c.edges) }

// Incoming returns the edges into a node, in the order of the arch string; none
// for node 0. It panics unless 0 <= node < NumNodes. The slice is the caller's.
func (c Cell) Incoming(node int) []Edge {
	return slices.Clone(c.incoming(node))
}

func (c Cell) incoming(node int) []Edge {
	if node == 0 {
		return c.edges[:c.ends[0]]
	}
	return c.edges[c.ends[node-1]:c.ends[node]]
}

// Edges yields all edges in the order of the arch string, numbered from 0: the
// numbers that parameter names have in PyTorch's state dict.
func (c Cell) Edges() iter.Seq2[int, Link] {
	return func(yield func(int, Link) bool) {
		i := 0
		for to, end := range c.ends {
			for ; i < end; i++ {
				if !yield(i, Link{c.edges[i].Op, c.edges[i].From, to}) {
					return
				}
			}
		}
	}
}

// Equal reports whether two cells have the same arch string.
func (c Cell) Equal(d Cell) bool {
	return slices.Equal(c.ends, d.ends) && slices.Equal(c.edges, d.edges)
}

// String returns the arch string, or "" for the zero value.
func (c Cell) String() string {
	var b strings.Builder
	for node := 1; node < c.NumNodes(); node++ {
		if node > 1 {
			b.WriteByte('+')
		}
		b.WriteByte('|')
		for _, e := range c.incoming(node) {
			b.WriteString(e.Op.String())
			b.WriteByte('~')
			b.WriteString(strconv.Itoa(e.From))
			b.WriteByte('|')
		}
	}
	return b.String()
}

// MarshalText returns the arch string. It fails for the zero value.
func (c Cell) MarshalText() ([]byte, error) {
	if c.IsZero() {
		return nil, fmt.Errorf("cell: the zero Cell has no arch string")
	}
	return []byte(c.String()), nil
}

// UnmarshalText sets c to the cell of an arch string, as [Parse] does.
func (c *Cell) UnmarshalText(text []byte) error {
	d, err := Parse(string(text))
	if err != nil {
		return err
	}
	*c = d
	return nil
}
