package draw

import (
	"io"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

const (
	pngDPI    = 192
	maxPixels = 16e6
)

// PNG writes d as a PNG image on a white ground, at 192 dots per inch.
func PNG(w io.Writer, d Diagram) error {
	p, err := newPage(d)
	if err != nil {
		return err
	}
	if scale := pngDPI / 72.0; p.width*scale*p.height*scale > maxPixels {
		return ErrTooLarge
	}
	canvas := vgimg.NewWith(vgimg.UseWH(vg.Points(p.width), vg.Points(p.height)), vgimg.UseDPI(pngDPI))
	p.draw(canvas)
	_, err = vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
	return err
}
