package draw

import (
	"fmt"
	"image/color"
	"strconv"

	"cellnet/cell"
	"cellnet/cell/twocell"
)

// Diagram is what is drawn: one cell, or the two of a genotype.
type Diagram struct {
	title string
	cells []graph
}

// graph is a cell's nodes in a row and its edges.
type graph struct {
	name  string // "" for the only one
	nodes []node
	links []link
}

type node struct {
	label string
	isEnd bool // an input or the output
}

// link is an edge from a node to a later one.
type link struct {
	from, to int
	label    string
	color    color.NRGBA
	live     bool // whether the output depends on it
}

// Cell is the diagram of a cell, titled with its arch string.
func Cell(c cell.Cell) Diagram {
	if c.IsZero() {
		return Diagram{}
	}
	var g graph
	for n := range c.NumNodes() {
		g.nodes = append(g.nodes, node{nodeLabel(c.NumNodes(), n), n == 0 || n == c.NumNodes()-1})
	}
	live := c.Live()
	for i, e := range c.Edges() {
		g.links = append(g.links, link{e.From, e.To, e.Op.String(), edgeColor(opColor(e.Op), live[i]), live[i]})
	}
	return Diagram{c.String(), []graph{g}}
}

func nodeLabel(numNodes, node int) string {
	switch node {
	case 0:
		return "input"
	case numNodes - 1:
		return "output"
	}
	return strconv.Itoa(node)
}

// Genotype is the diagram of a genotype's two cells, the normal one first. The
// inputs are the results of the last two cells, and edges without a name lead to
// the nodes' places in the output.
func Genotype(g twocell.Genotype) Diagram {
	if g.Validate() != nil {
		return Diagram{}
	}
	return Diagram{"", []graph{twoCell("normal", g.Normal), twoCell("reduce", g.Reduce)}}
}

func twoCell(name string, c twocell.Cell) graph {
	g := graph{name: name, nodes: []node{{"older", true}, {"newer", true}}}
	for n := len(g.nodes); n < c.Len(); n++ {
		g.nodes = append(g.nodes, node{label: strconv.Itoa(n)})
	}
	g.nodes = append(g.nodes, node{"output", true})
	live := c.Live()
	for _, m := range c.Modules() {
		label := m.Op.String()
		if m.Times > 1 {
			label = fmt.Sprintf("%d x %s", m.Times, m.Op)
		}
		lives := live[m.To] && m.Op != twocell.None
		g.links = append(g.links, link{m.From, m.To, label, edgeColor(twoCellColor(m.Op), lives), lives})
	}
	for _, n := range c.Concat {
		g.links = append(g.links, link{n, len(g.nodes) - 1, "", edgeColor(twoCellColor(twocell.SkipConnect), true), true})
	}
	return g
}
