package main

import (
	"fmt"
	"strings"

	"cellnet/cell"
)

// archMessage describes a network block by block as the published networks do of
// themselves.
func archMessage(net cell.Config) string {
	total := 3*net.N + 2
	var b strings.Builder
	fmt.Fprintf(&b, "TinyNetwork(C=%d, N=%d, L=%d)", net.C, net.N, total)
	edges := describeEdges(net.Cell)
	channels := net.C
	for i := range total {
		fmt.Fprintf(&b, "\n %02d/%02d :: ", i, total)
		if i%(net.N+1) == net.N {
			fmt.Fprintf(&b, "ResNetBasicblock(inC=%d, outC=%d, stride=2)", channels, 2*channels)
			channels *= 2
			continue
		}
		fmt.Fprintf(&b, "info :: nodes=%d, inC=%d, outC=%d, [%s], %s", net.Cell.NumNodes(), channels, channels, edges, net.Cell)
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
