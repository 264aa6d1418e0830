package draw

import (
	"image/color"
	"sync"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
)

const (
	fontSize = 11.0 // points
	maxEdges = 500  // of a picture
)

// page is the layouts of a diagram's cells, the first on top.
type page struct {
	width, height float64
	layouts       []layout
}

func newPage(d Diagram) (page, error) {
	var p page
	if len(d.cells) == 0 {
		return p, errNoCell
	}
	edges := 0
	for _, g := range d.cells {
		edges += len(g.links)
	}
	if edges > maxEdges {
		return p, ErrTooLarge
	}
	for _, g := range d.cells {
		l := newLayout(g)
		for i := range p.layouts {
			p.layouts[i].middle += l.height
			p.layouts[i].top += l.height
		}
		p.layouts = append(p.layouts, l)
		p.width, p.height = max(p.width, l.width), p.height+l.height
	}
	return p, nil
}

func (p page) draw(canvas vg.Canvas) {
	ground := picture{canvas: canvas}
	ground.fill(rectangle(0, 0, p.width, p.height, 0), color.NRGBA{0xff, 0xff, 0xff, 0xff})
	for _, l := range p.layouts {
		picture{l, canvas}.draw()
	}
}

// faces are the fonts of nodes and edges.
var faces = sync.OnceValue(func() (f struct{ node, edge font.Face }) {
	cache := font.NewCache(liberation.Collection())
	sans := font.Font{Typeface: "Liberation", Variant: "Sans"}
	f.edge = cache.Lookup(sans, fontSize)
	sans.Weight = stdfont.WeightBold
	f.node = cache.Lookup(sans, fontSize+1)
	return f
})

// picture is a layout on its way to a canvas.
type picture struct {
	layout
	canvas vg.Canvas
}

func (p picture) draw() {
	for _, live := range []bool{false, true} { // what matters lies on top
		for _, e := range p.edges {
			if e.live == live {
				p.drawEdge(e)
			}
		}
	}
	for _, e := range p.edges {
		p.drawEdgeLabel(e)
	}
	if p.name != "" {
		p.text(faces().node, p.name, 3*margin, p.top-margin, nodeText(false))
	}
	for node, box := range p.boxes {
		p.drawNode(node, box)
	}
}

const arrowLength = 8.0

func (p picture) drawEdge(e route) {
	p.canvas.SetLineWidth(1.6)
	p.canvas.SetLineDash(nil, 0)
	if !e.live {
		p.canvas.SetLineDash([]vg.Length{5, 3}, 0)
	}
	p.canvas.SetColor(e.color)
	var path vg.Path
	if e.lane == 0 {
		path.Move(point(e.startX, p.middle))
		path.Line(point(e.endX-arrowLength, p.middle))
		p.canvas.Stroke(path)
		p.arrow(e, e.endX, p.middle, 1, 0)
		return
	}
	side := 1.0
	if e.lane < 0 {
		side = -1
	}
	y := p.middle + side*nodeHeight/2
	foot := y + side*arrowLength // where the arc begins and ends, so that it is symmetric
	control := foot + side*(p.rise(e)-arrowLength)*4/3
	path.Move(point(e.startX, y))
	path.Line(point(e.startX, foot))
	path.CubeTo(point(e.startX, control), point(e.endX, control), point(e.endX, foot))
	p.canvas.Stroke(path)
	p.arrow(e, e.endX, y, 0, -side)
}

// rise is how far from the nodes' edge the middle of an arc is.
func (p picture) rise(e route) float64 { return laneSpace(max(e.lane, -e.lane)) }

// arrow fills an arrowhead with its tip at x, y that points to dx, dy.
func (p picture) arrow(e route, x, y, dx, dy float64) {
	const halfWidth = 3.6
	baseX, baseY := x-dx*arrowLength, y-dy*arrowLength
	var path vg.Path
	path.Move(point(x, y))
	path.Line(point(baseX-dy*halfWidth, baseY+dx*halfWidth))
	path.Line(point(baseX+dy*halfWidth, baseY-dx*halfWidth))
	path.Close()
	p.fill(path, e.color)
}

// labelPlace is the centre of an edge's label.
func (p picture) labelPlace(e route) (x, y float64) {
	x = (e.startX + e.endX) / 2
	switch {
	case e.lane > 0:
		return x, p.middle + nodeHeight/2 + p.rise(e)
	case e.lane < 0:
		return x, p.middle - nodeHeight/2 - p.rise(e)
	}
	return x - arrowLength/2, p.middle
}

func (p picture) drawEdgeLabel(e route) {
	x, y := p.labelPlace(e)
	face := faces().edge
	text := e.label
	if text == "" {
		return
	}
	width := face.Width(text).Points() + 8
	p.fill(rectangle(x-width/2, y-fontSize*0.65, width, fontSize*1.3, 3), color.NRGBA{0xff, 0xff, 0xff, 0xff})
	p.text(face, text, x, y, e.color)
}

func (p picture) drawNode(node int, box nodeBox) {
	isEnd := p.nodes[node].isEnd
	shape := rectangle(box.x-box.width/2, p.middle-nodeHeight/2, box.width, nodeHeight, 8)
	p.fill(shape, nodeFill(isEnd))
	p.canvas.SetLineWidth(1.2)
	p.canvas.SetLineDash(nil, 0)
	p.canvas.SetColor(nodeText(false))
	p.canvas.Stroke(shape)
	p.text(faces().node, p.nodes[node].label, box.x, p.middle, nodeText(isEnd))
}

func (p picture) fill(path vg.Path, c color.NRGBA) {
	p.canvas.SetColor(c)
	p.canvas.Fill(path)
}

// text is centred at x, y, without regard to the letters that go below the line.
func (p picture) text(face font.Face, text string, x, y float64, c color.NRGBA) {
	const xHeight = 0.52 // of the font's size
	p.canvas.SetColor(c)
	width := face.Width(text).Points()
	p.canvas.FillString(face, point(x-width/2, y-face.Font.Size.Points()*xHeight/2), text)
}

func point(x, y float64) vg.Point { return vg.Point{X: vg.Points(x), Y: vg.Points(y)} }

// rectangle is a path with round corners, from its lower left corner.
func rectangle(x, y, width, height, radius float64) vg.Path {
	right, top := x+width, y+height
	var path vg.Path
	path.Move(point(x+radius, y))
	path.Line(point(right-radius, y))
	path.QuadTo(point(right, y), point(right, y+radius))
	path.Line(point(right, top-radius))
	path.QuadTo(point(right, top), point(right-radius, top))
	path.Line(point(x+radius, top))
	path.QuadTo(point(x, top), point(x, top-radius))
	path.Line(point(x, y+radius))
	path.QuadTo(point(x, y), point(x+radius, y))
	path.Close()
	return path
}
