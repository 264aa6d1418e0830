package draw

import (
	"bytes"
	"fmt"
	"image/color"
	"io"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// SVG writes d as an SVG document on a white ground.
func SVG(w io.Writer, d Diagram) error {
	p, err := newPage(d)
	if err != nil {
		return err
	}
	canvas := &svgCanvas{Canvas: vgsvg.New(vg.Points(p.width), vg.Points(p.height)), height: p.height}
	p.draw(canvas)
	return canvas.write(w)
}

// svgCanvas sets text so that it fits in any viewer. vgsvg places the start of a
// text by the widths of Liberation Sans, embedding which takes half a megabyte,
// and names no other font; here the middle is placed, the width is given, and
// Arial and Helvetica, equally wide, are named too. Text lies on top.
type svgCanvas struct {
	*vgsvg.Canvas
	height float64
	color  color.Color
	texts  bytes.Buffer
}

func (c *svgCanvas) SetColor(clr color.Color) {
	c.color = clr
	c.Canvas.SetColor(clr)
}

// FillString writes one of a cell's labels, which need no escaping.
func (c *svgCanvas) FillString(face font.Face, at vg.Point, text string) {
	width := face.Width(text).Points()
	weight := ""
	if face.Font.Weight == stdfont.WeightBold {
		weight = ` font-weight="bold"`
	}
	fmt.Fprintf(&c.texts, `<text x="%.5g" y="%.5g" textLength="%.5g" font-size="%.5g"%s fill="%s">%s</text>`+"\n",
		at.X.Points()+width/2, c.height-at.Y.Points(), width, face.Font.Size.Points(), weight,
		hex(color.NRGBAModel.Convert(c.color).(color.NRGBA)), text)
}

func (c *svgCanvas) write(w io.Writer) error {
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return err
	}
	const end = "</svg>\n"
	b.Truncate(b.Len() - len(end))
	b.WriteString(`<g font-family="'Liberation Sans', Arial, Helvetica, sans-serif" text-anchor="middle">` + "\n")
	c.texts.WriteTo(&b)
	b.WriteString("</g>\n" + end)
	_, err := b.WriteTo(w)
	return err
}
