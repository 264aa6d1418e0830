package draw

import (
	"bufio"
	"fmt"
	"io"

	"cellnet/cell"
)

// DOT writes c as a directed graph in Graphviz's language, with the cell's arch
// string as its label.
func DOT(w io.Writer, c cell.Cell) error {
	if c.IsZero() {
		return errNoCell
	}
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "digraph cell {")
	fmt.Fprintf(b, "  label=%q;\n", c.String())
	fmt.Fprintln(b, "  rankdir=LR;")
	fmt.Fprintln(b, `  node [shape=box, style="rounded,filled", fontname="Helvetica"];`)
	fmt.Fprintln(b, `  edge [fontname="Helvetica", fontsize=11];`)
	for node := range c.NumNodes() {
		isEnd := node == 0 || node == c.NumNodes()-1
		fmt.Fprintf(b, "  %d [label=%q, fillcolor=%q, fontcolor=%q];\n",
			node, nodeLabel(c.NumNodes(), node), hex(nodeFill(isEnd)), hex(nodeText(isEnd)))
	}
	live := c.Live()
	for i, e := range c.Edges() {
		style := ""
		if !live[i] {
			style = ", style=dashed"
		}
		color := hex(edgeColor(e.Op, live[i]))
		fmt.Fprintf(b, "  %d -> %d [label=%q, color=%q, fontcolor=%q%s];\n", e.From, e.To, e.Op, color, color, style)
	}
	fmt.Fprintln(b, "}")
	return b.Flush()
}
