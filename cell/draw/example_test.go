package draw_test

import (
	"log"
	"os"

	"cellnet/cell"
	"cellnet/cell/draw"
)

func ExampleDOT() {
	c, err := cell.Parse("|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|")
	if err != nil {
		log.Fatal(err)
	}
	if err := draw.DOT(os.Stdout, draw.Cell(c)); err != nil {
		log.Fatal(err)
	}
	// Output:
	// digraph cell {
	//   label="|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|";
	//   rankdir=LR;
	//   node [shape=box, style="rounded,filled", fontname="Helvetica"];
	//   edge [fontname="Helvetica", fontsize=11];
	//   0 [label="input", fillcolor="#2f3b4c", fontcolor="#ffffff"];
	//   1 [label="1", fillcolor="#e8ecf1", fontcolor="#2f3b4c"];
	//   2 [label="output", fillcolor="#2f3b4c", fontcolor="#ffffff"];
	//   0 -> 1 [label="nor_conv_3x3", color="#0072b2", fontcolor="#0072b2"];
	//   0 -> 2 [label="none", color="#c9c9c9", fontcolor="#c9c9c9", style=dashed];
	//   1 -> 2 [label="nor_conv_1x1", color="#b87000", fontcolor="#b87000"];
	// }
}
