package draw

import (
	"bufio"
	"fmt"
	"io"
)

// DOT writes d as a directed graph in Graphviz's language, labelled with the
// diagram's title. Of several cells each is a cluster.
func DOT(w io.Writer, d Diagram) error {
	if len(d.cells) == 0 {
		return errNoCell
	}
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "digraph cell {")
	if d.title != "" {
		fmt.Fprintf(b, "  label=%q;\n", d.title)
	}
	fmt.Fprintln(b, "  rankdir=LR;")
	fmt.Fprintln(b, `  node [shape=box, style="rounded,filled", fontname="Helvetica"];`)
	fmt.Fprintln(b, `  edge [fontname="Helvetica", fontsize=11];`)
	for _, g := range d.cells {
		g.dot(b)
	}
	fmt.Fprintln(b, "}")
	return b.Flush()
}

// dot writes a cell's nodes and edges.
func (g graph) dot(b *bufio.Writer) {
	prefix := ""
	if g.name != "" {
		prefix = g.name + "_"
		fmt.Fprintf(b, "  subgraph cluster_%s {\n  label=%q;\n", g.name, g.name)
	}
	for i, n := range g.nodes {
		fmt.Fprintf(b, "  %s%d [label=%q, fillcolor=%q, fontcolor=%q];\n", prefix, i, n.label, hex(nodeFill(n.isEnd)), hex(nodeText(n.isEnd)))
	}
	for _, e := range g.links {
		style := ""
		if !e.live {
			style = ", style=dashed"
		}
		color := hex(e.color)
		fmt.Fprintf(b, "  %s%d -> %s%d [label=%q, color=%q, fontcolor=%q%s];\n", prefix, e.from, prefix, e.to, e.label, color, color, style)
	}
	if g.name != "" {
		fmt.Fprintln(b, "  }")
	}
}
