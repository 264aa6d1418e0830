package draw

import (
	"fmt"
	"image/color"

	"cellnet/cell"
	"cellnet/cell/twocell"
)

// The colours of edges can be told apart by colour-blind readers, too: they are
// of Okabe and Ito's palette, some darkened for text on white.
func opColor(op cell.Op) color.NRGBA {
	switch op {
	case cell.SkipConnect:
		return color.NRGBA{0x55, 0x55, 0x55, 0xff}
	case cell.NorConv1x1:
		return color.NRGBA{0xb8, 0x70, 0x00, 0xff}
	case cell.NorConv3x3:
		return color.NRGBA{0x00, 0x72, 0xb2, 0xff}
	case cell.AvgPool3x3:
		return color.NRGBA{0x00, 0x80, 0x5c, 0xff}
	}
	return color.NRGBA{0x88, 0x88, 0x88, 0xff}
}

// twoCellColor is the same for the operations of cells of two inputs: those of
// one kind are alike.
func twoCellColor(op twocell.Op) color.NRGBA {
	switch op.Kind() {
	case twocell.Skip:
		return opColor(cell.SkipConnect)
	case twocell.Convolution:
		return opColor(cell.NorConv1x1)
	case twocell.DualSeparable:
		return opColor(cell.NorConv3x3)
	case twocell.DilatedSeparable:
		return color.NRGBA{0xb0, 0x4a, 0x80, 0xff}
	case twocell.AveragePool:
		return opColor(cell.AvgPool3x3)
	case twocell.MaxPool:
		return color.NRGBA{0xc0, 0x4a, 0x00, 0xff}
	}
	return opColor(cell.None)
}

// edgeColor is the operation's colour, mixed with white for edges that are not
// live: a mix, because text and arrowheads overlap and would show through.
func edgeColor(c color.NRGBA, live bool) color.NRGBA {
	if live {
		return c
	}
	pale := func(v uint8) uint8 { return uint8((int(v)*45 + 255*55) / 100) }
	return color.NRGBA{pale(c.R), pale(c.G), pale(c.B), 0xff}
}

func nodeFill(isEnd bool) color.NRGBA {
	if isEnd {
		return color.NRGBA{0x2f, 0x3b, 0x4c, 0xff}
	}
	return color.NRGBA{0xe8, 0xec, 0xf1, 0xff}
}

func nodeText(isEnd bool) color.NRGBA {
	if isEnd {
		return color.NRGBA{0xff, 0xff, 0xff, 0xff}
	}
	return color.NRGBA{0x2f, 0x3b, 0x4c, 0xff}
}

// hex is the colour as SVG and DOT write it.
func hex(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }
