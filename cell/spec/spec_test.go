package spec

import (
	"slices"
	"testing"

	"cellnet/cell"
	"cellnet/cell/twocell"
)

func TestName(t *testing.T) {
	g, err := twocell.Named("GDAS_V1")
	if err != nil {
		t.Fatal(err)
	}
	other := g
	other.Normal = g.Reduce
	for want, n := range map[string]Network{
		"GDAS_V1": twocell.Network{Genotype: g}, "two cells": twocell.Network{Genotype: other},
		cell.SizeCell().String(): cell.Network{Cell: cell.SizeCell()},
	} {
		if got := Name(n); got != want {
			t.Errorf("name %q, want %q", got, want)
		}
	}
}

func TestReadRecord(t *testing.T) {
	for record, classes := range map[string]int{
		`{"name": "infer.tiny", "C": 4, "N": 1, "arch_str": "|none~0|", "num_classes": 3}`:                               3,
		`{"name": "infer.nasnet-cifar", "C": 4, "N": 1, "stem_multiplier": 3, "genotype": "DARTS_V1", "num_classes": 4}`: 4,
		`{"name": "infer.shape.tiny", "channels": "8:8:8:8:8", "genotype": "|nor_conv_1x1~0|", "num_classes": 5}`:        5,
		`{"name": "infer.big"}`: 0, `[]`: 0, `{"name": 1}`: 0, `{"name": "infer.nasnet-cifar"}`: 0, ``: 0,
	} {
		n, err := ReadRecord([]byte(record))
		if (err == nil) != (classes > 0) || err == nil && n.NumClasses() != classes {
			t.Errorf("%s: %v, %v", record, n, err)
		}
	}
}

// Edges that reach no output have no gradient, and neither has what comes before
// zeros that change the width.
func TestWithoutGradient(t *testing.T) {
	parse := func(s string) cell.Cell {
		c, err := cell.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	two := cell.Widths{3, 3, 4, 4, 4}
	for _, c := range []struct {
		arch   string
		widths cell.Widths
		name   string
		want   bool
	}{
		{"|nor_conv_3x3~0|+|nor_conv_1x1~0|", cell.Widths{3, 3, 3, 3, 3}, "cells.0.layers.0.op.1.weight", true},
		{"|nor_conv_3x3~0|+|nor_conv_1x1~0|", cell.Widths{3, 3, 3, 3, 3}, "cells.0.layers.1.op.1.weight", false},
		{"|none~0|+|none~1|", cell.Widths{3, 3, 3, 3, 3}, "stem.0.weight", false},
		{"|none~0|", two, "stem.0.weight", true},
		{"|none~0|", two, "classifier.weight", false},
	} {
		n := cell.Network{Cell: parse(c.arch), Widths: c.widths, Classes: 2}
		if got := n.WithoutGradient()[c.name]; got != c.want {
			t.Errorf("%s of %v: %s has no gradient: %v, want %v", c.arch, c.widths, c.name, got, c.want)
		}
	}
}

// Both orders have the same tensors.
func TestDrawn(t *testing.T) {
	g, err := twocell.Named("GDAS_V1")
	if err != nil {
		t.Fatal(err)
	}
	n := twocell.Network{C: 2, N: 2, StemMultiplier: 1, Classes: 2, Genotype: g, Auxiliary: true}
	var names, drawn []string
	for t := range n.Tensors() {
		names = append(names, t.Name)
	}
	for t := range n.Drawn() {
		if t.Name != "" {
			drawn = append(drawn, t.Name)
		}
	}
	if slices.Equal(names, drawn) {
		t.Error("the auxiliary head is drawn last")
	}
	slices.Sort(names)
	slices.Sort(drawn)
	if !slices.Equal(names, drawn) {
		t.Error("other tensors are drawn")
	}
}
