package cell_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"

	"cellnet/cell"
)

func ExampleParse() {
	c, err := cell.Parse("|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|")
	if err != nil {
		log.Fatal(err)
	}
	index, _ := c.Index()
	fmt.Println("index", index)
	for i, e := range c.Edges() {
		fmt.Printf("edge %d: %s from node %d to node %d\n", i, e.Op, e.From, e.To)
	}
	// Output:
	// index 1
	// edge 0: nor_conv_3x3 from node 0 to node 1
	// edge 1: nor_conv_3x3 from node 0 to node 2
	// edge 2: avg_pool_3x3 from node 1 to node 2
	// edge 3: skip_connect from node 0 to node 3
	// edge 4: nor_conv_3x3 from node 1 to node 3
	// edge 5: skip_connect from node 2 to node 3
}

func ExampleParse_error() {
	_, err := cell.Parse("|nor_conv_3x3~0|+|max_pool_3x3~1|")
	var parseError *cell.ParseError
	if errors.As(err, &parseError) {
		fmt.Println(parseError.Input)
		fmt.Printf("%*s %s\n", parseError.Offset+1, "^", parseError.Reason)
	}
	// Output:
	// |nor_conv_3x3~0|+|max_pool_3x3~1|
	//                   ^ unknown op "max_pool_3x3", did you mean avg_pool_3x3?
}

func ExampleAll() {
	onlyPools := 0
	for _, c := range cell.All() {
		pools := true
		for _, e := range c.Edges() {
			pools = pools && (e.Op == cell.AvgPool3x3 || e.Op == cell.SkipConnect)
		}
		if pools {
			onlyPools++
		}
	}
	fmt.Println(onlyPools, "cells without any parameter or zero")
	// Output: 64 cells without any parameter or zero
}

func ExampleCell_Canonical() {
	a, _ := cell.Parse("|skip_connect~0|+|nor_conv_3x3~0|none~1|")
	b, _ := cell.Parse("|none~0|+|none~1|nor_conv_3x3~0|")
	for _, c := range []cell.Cell{a, b} {
		s, _ := c.Canonical(cell.MergeSkipsAndZeros)
		fmt.Println(s)
	}
	// Output:
	// #+(0)@nor_conv_3x3
	// #+(0)@nor_conv_3x3
}

func ExampleNetwork() {
	c, _ := cell.Named("resnet")
	record, err := json.Marshal(cell.Benchmark(c, 10))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(record))
	// Output: {"name":"infer.tiny","C":16,"N":5,"arch_str":"|nor_conv_3x3~0|+|nor_conv_3x3~1|+|skip_connect~0|skip_connect~2|","num_classes":10}
}

// The size space is a formula, too: no file is needed to find an architecture
// under a limit.
func ExampleSpace() {
	a, err := cell.Size.Arch(284)
	if err != nil {
		panic(err)
	}
	cost := a.Network(10).Cost(32)
	fmt.Printf("%v: %.6f M multiply-accumulates, %.6f M parameters\n", a, cost.FLOPs, cost.Params)
	b, err := cell.ParseArch("64:64:64:64:64")
	if err != nil {
		panic(err)
	}
	fmt.Println(b.Index())
	// Output:
	// 8:8:40:32:40: 21.827994 M multiply-accumulates, 0.144834 M parameters
	// 32767 true
}
