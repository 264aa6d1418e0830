package twocell

import "fmt"

// stages is the number of resolutions; each halves the side of the one before
// and doubles the width of the cells.
const stages = 3

// Network describes a network of two cells: a stem of StemMultiplier*C channels,
// three stages of N cells of widths C, 2C and 4C, of which the first of the
// second and of the third stage reduces, and a head.
//
// In JSON it is a record
//
//	{"name": "infer.nasnet-cifar", "C": 36, "N": 6, "stem_multiplier": 3, "num_classes": 10,
//	 "genotype": {"normal": [[["dua_sepc_3x3", 0], ...], ...], "normal_concat": [2, 3, 4, 5],
//	              "reduce": ..., "reduce_concat": ...}, "auxiliary": false}
//
// whose genotype may be the name of a published one, see [Named].
type Network struct {
	C              int // width of the cells of the first stage, 1 to 16384
	N              int // cells in each stage, 1 to 1000
	StemMultiplier int // channels of the stem by C, 1 to 64
	Classes        int // 2 or more
	Genotype       Genotype
	Auxiliary      bool // whether there is a second classifier in training
}

// Larger networks are mistakes; see package cell.
const (
	maxChannels   = 1 << 14
	maxCells      = 1000
	maxMultiplier = 64
	maxClasses    = 1 << 20
	maxWidth      = 1 << 18 // of a cell's result
)

// Validate returns an error that names the first field out of its range.
func (n Network) Validate() error {
	for _, f := range []struct {
		key, what string
		value     int
		from, to  int
	}{
		{"C", "channels", n.C, 1, maxChannels},
		{"N", "cells in a stage", n.N, 1, maxCells},
		{"stem_multiplier", "times C", n.StemMultiplier, 1, maxMultiplier},
		{"num_classes", "classes", n.Classes, 2, maxClasses},
	} {
		if f.value < f.from || f.value > f.to {
			return configError(f.key, "%d %s, want %d to %d", f.value, f.what, f.from, f.to)
		}
	}
	if err := n.Genotype.Validate(); err != nil {
		return configError("genotype", "%w", err)
	}
	if widest := n.C << (stages - 1) * max(len(n.Genotype.Normal.Concat), len(n.Genotype.Reduce.Concat)); widest > maxWidth {
		return configError("C", "the last cell's result has %d channels, want %d at most", widest, maxWidth)
	}
	return nil
}

// Inner is one of a network's cells in its place.
type Inner struct {
	Cell
	Width        int  // of the nodes, in channels
	Before, Last int  // channels of the inputs 0 and 1
	Stage        int  // 0 to 2: the side of the images is halved so often behind the cell
	Reduces      bool // whether the cell halves the side
	// Reduced tells whether the cell before it reduced, so that input 0 has twice
	// the side of input 1 and is projected with stride 2.
	Reduced bool
	// Live tells whether the logits, in training the auxiliary head's too, depend
	// on the cell.
	Live bool
}

// Channels is the number of channels of the cell's result.
func (c Inner) Channels() int { return len(c.Concat) * c.Width }

// Stride is that of a module of the cell: 2 from an input of a reducing cell.
func (c Inner) Stride(m Module) int {
	if c.Reduces && m.From < inputs {
		return 2
	}
	return 1
}

// StemChannels is the number of channels of the stem.
func (n Network) StemChannels() int { return n.StemMultiplier * n.C }

// AuxiliaryAt is the number of the cell whose result the auxiliary head reads,
// -1 if there is none.
func (n Network) AuxiliaryAt() int {
	if !n.Auxiliary {
		return -1
	}
	return (stages - 1) * n.N
}

// Cells lists the network's cells in order.
func (n Network) Cells() []Inner {
	cells := make([]Inner, stages*n.N)
	before, last, reduced := n.StemChannels(), n.StemChannels(), false
	for i := range cells {
		c := Inner{Cell: n.Genotype.Normal, Stage: i / n.N, Reduces: i > 0 && i%n.N == 0, Reduced: reduced, Before: before, Last: last}
		if c.Reduces {
			c.Cell = n.Genotype.Reduce
		}
		c.Width = n.C << c.Stage
		cells[i] = c
		before, last, reduced = last, c.Channels(), c.Reduces
	}
	for i := len(cells) - 1; i >= 0; i-- {
		cells[i].Live = i == len(cells)-1 || i == n.AuxiliaryAt() || liveBehind(cells, i)
	}
	return cells
}

// liveBehind tells whether what follows needs the result of cell i, -1 for the
// stem.
func liveBehind(cells []Inner, i int) bool {
	reads := func(at, input int) bool {
		return at < len(cells) && cells[at].Live && cells[at].Cell.Live()[input]
	}
	return reads(i+1, 1) || reads(i+2, 0) || i < 0 && reads(0, 0)
}

// StemLive tells whether the logits depend on the stem.
func (n Network) StemLive() bool { return liveBehind(n.Cells(), -1) }

// ReducedSides tells how often the sides of images are halved, and so what they
// must be a multiple of.
const ReducedSides = 1 << (stages - 1)

// AuxiliarySide bounds the side of the auxiliary head's images: a fourth of
// that of the network's.
const (
	MinAuxiliarySide = 8
	MaxAuxiliarySide = 10
)

// CheckSide returns an error if the network can't take images of side x side
// pixels.
func (n Network) CheckSide(side int) error {
	if side < ReducedSides || side%ReducedSides != 0 {
		return fmt.Errorf("images of side %d: the network needs a multiple of %d", side, ReducedSides)
	}
	if last := side / ReducedSides; n.Auxiliary && (last < MinAuxiliarySide || last > MaxAuxiliarySide) {
		return fmt.Errorf("images of side %d: the auxiliary head needs %d to %d", side, MinAuxiliarySide*ReducedSides, MaxAuxiliarySide*ReducedSides)
	}
	return nil
}
