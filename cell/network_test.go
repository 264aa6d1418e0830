package cell_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"
)

func network(t testing.TB, arch string, channels, cells, classes int) cell.Network {
	t.Helper()
	n, err := cell.NewNetwork(mustParse(t, arch), channels, cells, classes)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStages(t *testing.T) {
	for _, want := range [][2]int{{1, 1}, {16, 5}, {5, 2}, {65536, 1}, {3, 1000}} {
		n := network(t, readme, want[0], want[1], 10)
		if c, cells, ok := n.Stages(); !ok || c != want[0] || cells != want[1] {
			t.Errorf("C=%d, N=%d: got %d, %d, %v", want[0], want[1], c, cells, ok)
		}
	}
	if got, want := network(t, readme, 8, 1, 10).Widths, (cell.Widths{8, 16, 16, 32, 32}); !slices.Equal(got, want) {
		t.Errorf("widths are %v, want %v", got, want)
	}
	for _, widths := range []cell.Widths{{8, 16}, {8, 16, 16, 32, 16}, {8, 8, 8, 8, 8}} {
		if _, _, ok := (cell.Network{Cell: mustParse(t, readme), Widths: widths, Classes: 10}).Stages(); ok {
			t.Errorf("widths %v are those of stages", widths)
		}
	}
}

func TestBlocks(t *testing.T) {
	n := cell.Network{Cell: mustParse(t, "|none~0|"), Widths: cell.Widths{4, 5, 6, 7, 8, 9, 10, 11}, Classes: 3}
	var got []string
	for b := range n.Blocks() {
		got = append(got, fmt.Sprintf("%s: %v %d-%d /%d /%d", b.Name, b.Kind, b.In, b.Out, b.Scale, b.Stride))
	}
	want := strings.Split(`stem: conv3x3, norm 3-4 /1 /1
cells.0: cell 4-4 /1 /1
cells.1: cell 4-5 /1 /1
cells.2: residual, stride 2 5-6 /1 /2
cells.3: cell 6-7 /2 /1
cells.4: cell 7-8 /2 /1
cells.5: residual, stride 2 8-9 /2 /2
cells.6: cell 9-10 /4 /1
cells.7: cell 10-11 /4 /1
lastact: norm, ReLU, average 11-11 /4 /1
classifier: linear 11-3 /4 /1`, "\n")
	if !slices.Equal(got, want) {
		t.Errorf("blocks are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for range n.Blocks() {
		break
	}
	for range n.Tensors() {
		break
	}
}

func TestLayersAddUpToTheCost(t *testing.T) {
	n := network(t, "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|", 5, 2, 7)
	layers := n.Layers(16)
	if len(layers) != 1+3*2+2+2 {
		t.Errorf("%d layers", len(layers))
	}
	var params int
	var flops float64
	for _, l := range layers {
		params += l.Params
		flops += l.FLOPs
	}
	cost := n.Cost(16)
	if math.Abs(float64(params)/1e6-cost.Params) > 1e-12 || math.Abs(flops/1e6-cost.FLOPs) > 1e-9 {
		t.Errorf("layers add up to %d parameters and %g FLOPs, the cost is %+v", params, flops, cost)
	}
	if last := layers[len(layers)-3]; last.Name != "cells.7" || last.Output != [3]int{20, 4, 4} {
		t.Errorf("last cell is %+v", last)
	}
}

func TestOperations(t *testing.T) {
	if want := cell.AllOps()[:5]; !reflect.DeepEqual(cell.Ops(), want) {
		t.Errorf("the search space has %v, want the table's first %v", cell.Ops(), want)
	}
	for _, op := range cell.AllOps() {
		if op.Kind() == 0 || op.String() == "" {
			t.Errorf("operation %d has the name %q and the kind %d", op, op, op.Kind())
		}
		c, err := cell.New([]cell.Edge{{Op: op}})
		if err != nil {
			t.Fatal(err)
		}
		if err := cell.Benchmark(c, 10).Validate(); err != nil {
			t.Errorf("%v: %v", op, err)
		}
		learnables := 0
		for tensor := range cell.Benchmark(c, 10).Tensors() {
			if strings.Contains(tensor.Name, ".layers.") && tensor.Kind.Learnable() {
				learnables++
			}
		}
		if (learnables > 0) != op.Learnable() {
			t.Errorf("%v has %d learnable tensors, learnable is %v", op, learnables, op.Learnable())
		}
	}
	if op := cell.Op(200); op.Kind() != 0 || op.Taps() != 0 || op.Learnable() {
		t.Errorf("an unknown operation is of the kind %d", op.Kind())
	}
}
