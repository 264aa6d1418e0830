package draw

import (
	"io"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"

	"cellnet/cell"
)

const (
	pngDPI    = 192
	maxPixels = 16e6
)

// PNG writes c as a PNG image on a white ground, at 192 dots per inch.
func PNG(w io.Writer, c cell.Cell) error {
	l, err := pictureLayout(c)
	if err != nil {
		return err
	}
	if scale := pngDPI / 72.0; l.width*scale*l.height*scale > maxPixels {
		return ErrTooLarge
	}
	canvas := vgimg.NewWith(vgimg.UseWH(vg.Points(l.width), vg.Points(l.height)), vgimg.UseDPI(pngDPI))
	picture{l, canvas}.draw()
	_, err = vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
	return err
}
