package main

import (
	"fmt"
	"strings"

	"cellnet/cell"
)

// archMessage describes a network block by block as the published networks do of
// themselves.
func archMessage(net cell.Network) string {
	total := len(net.Widths)
	var b strings.Builder
	channels, cells, _ := net.Stages()
	fmt.Fprintf(&b, "TinyNetwork(C=%d, N=%d, L=%d)", channels, cells, total)
	edges := describeEdges(net.Cell)
	i := 0
	for block := range net.Blocks() {
		switch block.Kind {
		case cell.Reduction:
			fmt.Fprintf(&b, "\n %02d/%02d :: ResNetBasicblock(inC=%d, outC=%d, stride=%d)", i, total, block.In, block.Out, block.Stride)
		case cell.CellBlock:
			fmt.Fprintf(&b, "\n %02d/%02d :: info :: nodes=%d, inC=%d, outC=%d, [%s], %s", i, total, net.Cell.NumNodes(), block.In, block.Out, edges, net.Cell)
		default:
			continue
		}
		i++
	}
	return b.String()
}

// describeEdges lists the edges of every node by their inputs and numbers.
func describeEdges(c cell.Cell) string {
	var nodes []string
	edge := 0
	for node := 1; node < c.NumNodes(); node++ {
		var inputs []string
		for _, e := range c.Incoming(node) {
			inputs = append(inputs, fmt.Sprintf("I%d-L%d", e.From, edge))
			edge++
		}
		nodes = append(nodes, fmt.Sprintf("%d<-(%s)", node, strings.Join(inputs, ",")))
	}
	return strings.Join(nodes, " | ")
}
