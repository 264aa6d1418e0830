package models

import (
	"math"
	"testing"

	"cellnet/cell"
)

func TestStructureAddsUpToTheCost(t *testing.T) {
	c := cell.Config{C: 5, N: 2, Cell: parse(t, "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|"), Classes: 7}
	layers := Structure(c, 16)
	if len(layers) != 1+3*2+2+2 {
		t.Errorf("%d layers", len(layers))
	}
	var params int
	var flops float64
	for _, l := range layers {
		params += l.Params
		flops += l.FLOPs
	}
	cost := CostOf(c, 16)
	if math.Abs(float64(params)/1e6-cost.Params) > 1e-12 || math.Abs(flops/1e6-cost.FLOPs) > 1e-9 {
		t.Errorf("layers add up to %d parameters and %g FLOPs, the cost is %+v", params, flops, cost)
	}
	if last := layers[len(layers)-3]; last.Name != "cells.7" || last.Output != [3]int{20, 4, 4} {
		t.Errorf("last cell is %+v", last)
	}
}
