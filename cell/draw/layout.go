package draw

import (
	"cmp"
	"slices"
)

// Sizes in points.
const (
	margin      = 14.0
	nodeHeight  = 34.0
	minWidth    = 34.0 // of a node
	endWidth    = 58.0 // at least, of the input and the output
	portSpacing = 11.0 // between edges that leave or enter a node on one side
	gapWidth    = 116.0
	laneHeight  = 30.0
)

// layout is the geometry of a drawn cell: points, the origin at the lower left.
type layout struct {
	width, height float64
	middle        float64 // height of the row of nodes
	top           float64 // of what is drawn
	graph
	boxes []nodeBox
	edges []route
}

// nodeBox is a node's box: centre and width.
type nodeBox struct{ x, width float64 }

// route is how an edge goes: straight in the row of nodes if lane is 0, in an
// arc above them if lane is positive, below them if it is negative.
type route struct {
	link
	lane         int
	startX, endX float64
}

// newLayout arranges the nodes and edges of a cell.
func newLayout(g graph) layout {
	l := layout{graph: g, boxes: make([]nodeBox, len(g.nodes))}
	for _, e := range g.links {
		l.edges = append(l.edges, route{link: e})
	}
	l.assignLanes()
	l.placeNodes()
	above, below := 0, 0
	for _, e := range l.edges {
		above, below = max(above, e.lane), max(below, -e.lane)
	}
	row := nodeHeight/2 + margin
	l.middle = row + laneSpace(below)
	l.height = l.middle + row + laneSpace(above)
	l.top = l.height
	return l
}

// laneSpace is the height that lanes need beside the row of nodes.
func laneSpace(lanes int) float64 { return float64(lanes) * laneHeight }

// assignLanes gives the first edge between neighbours the straight way and every
// other one the lane nearest to the row, above or below, that is outside all
// lanes it would meet there. Short edges choose first, so that they are inside.
func (l *layout) assignLanes() {
	byLength := make([]*route, len(l.edges))
	for i := range l.edges {
		byLength[i] = &l.edges[i]
	}
	slices.SortStableFunc(byLength, func(a, b *route) int { return cmp.Compare(a.to-a.from, b.to-b.from) })

	straight := make([]bool, len(l.boxes))
	var placed []*route
	for _, e := range byLength {
		if e.to == e.from+1 && !straight[e.from] {
			straight[e.from] = true
			continue
		}
		above, below := 1, 1
		for _, p := range placed {
			if p.from < e.to && e.from < p.to {
				above, below = max(above, p.lane+1), max(below, -p.lane+1)
			}
		}
		if e.lane = above; below < above {
			e.lane = -below
		}
		placed = append(placed, e)
	}
}

// placeNodes sets the widths that nodes need for their edges, and all horizontal
// places.
func (l *layout) placeNodes() {
	x := margin
	for node := range l.boxes {
		ports := max(l.placePorts(node, 1), l.placePorts(node, -1))
		width := max(minWidth, float64(ports+1)*portSpacing)
		if l.nodes[node].isEnd {
			width = max(width, endWidth)
		}
		l.boxes[node] = nodeBox{x: x + width/2, width: width}
		x += width + gapWidth
	}
	l.width = x - gapWidth + margin
	for i := range l.edges {
		e := &l.edges[i]
		from, to := l.boxes[e.from], l.boxes[e.to]
		if e.lane == 0 {
			e.startX, e.endX = from.width/2, -to.width/2
		}
		e.startX += from.x
		e.endX += to.x
	}
}

// placePorts sets where edges meet one side of a node, above (1) or below (-1),
// relative to its centre, and returns their number. So that they don't cross
// there, those from the left come first, inner lanes leading, then those to the
// right, outer lanes leading.
func (l *layout) placePorts(node, side int) int {
	var in, out []*route
	for i := range l.edges {
		e := &l.edges[i]
		switch {
		case e.lane*side <= 0:
		case e.to == node:
			in = append(in, e)
		case e.from == node:
			out = append(out, e)
		}
	}
	inward := func(a, b *route) int { return cmp.Compare(b.lane*side, a.lane*side) }
	slices.SortStableFunc(in, inward)
	slices.Reverse(in)
	slices.SortStableFunc(out, inward)
	count := len(in) + len(out)
	port := func(nth int) float64 { return portSpacing * (float64(nth) - float64(count-1)/2) }
	for i, e := range in {
		e.endX = port(i)
	}
	for i, e := range out {
		e.startX = port(len(in) + i)
	}
	return count
}
