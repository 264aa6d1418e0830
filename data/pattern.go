package data

// Patterns of the synthetic dataset. Lengths are in units of 1/16 pixel,
// coordinates count from the middle of the image, right and down.
const (
	unit   = 16
	center = unit * syntheticSide / 2
	full   = 256 // coverage of a point that lies wholly inside a pattern
)

// placement is what is drawn at random about a pattern, its colours aside.
type placement struct {
	x, y   int // middle of a shape
	radius int // half of the size of a shape
	period int // of a repeated pattern
	phaseX int
	phaseY int
	tilt   int // sine of a small angle, times 16
	mirror bool
}

func newPlacement(s *stream) placement {
	radius := s.between(6*unit, 11*unit)
	slack := center - radius
	return placement{
		x:      s.between(-slack, slack),
		y:      s.between(-slack, slack),
		radius: radius,
		period: s.between(5*unit, 10*unit),
		phaseX: s.intn(16 * unit),
		phaseY: s.intn(16 * unit),
		tilt:   s.between(-3, 3),
		mirror: s.intn(2) == 1,
	}
}

// coverage returns how much of the point x, y a pattern covers, 0 to full.
type coverage func(p placement, x, y int) int

// pattern is a class of the synthetic dataset. No pattern becomes another one
// when it is mirrored, as augmentation does.
type pattern struct {
	name  string
	cover coverage
}

var patterns = [...]pattern{
	{"horizontal stripes", func(p placement, x, y int) int {
		return wave(16*y+p.tilt*x, p.period, p.phaseX)
	}},
	{"vertical stripes", func(p placement, x, y int) int {
		return wave(16*x+p.tilt*y, p.period, p.phaseX)
	}},
	{"diagonal stripes", func(p placement, x, y int) int {
		if p.mirror {
			x = -x
		}
		return wave(11*x+(11+p.tilt)*y, p.period, p.phaseX)
	}},
	{"checkerboard", func(p placement, x, y int) int {
		a := wave(16*x+p.tilt*y, 2*p.period, p.phaseX) - full/2
		b := wave(16*y-p.tilt*x, 2*p.period, p.phaseY) - full/2
		return full/2 + a*b*2/full
	}},
	{"dots", func(p placement, x, y int) int {
		a := wave(16*x+p.tilt*y, p.period+2*unit, p.phaseX)
		b := wave(16*y-p.tilt*x, p.period+2*unit, p.phaseY)
		return a * b / full
	}},
	{"rings", func(p placement, x, y int) int {
		return wave(16*distance(x-p.x, y-p.y), p.period, p.phaseX)
	}},
	{"disc", func(p placement, x, y int) int {
		return inside(p.radius - distance(x-p.x, y-p.y))
	}},
	{"square", func(p placement, x, y int) int {
		u, v := rotate(p, x, y)
		return inside(p.radius*7/8 - max(abs(u), abs(v)))
	}},
	{"cross", func(p placement, x, y int) int {
		u, v := rotate(p, x, y)
		arm := p.radius / 4
		return min(inside(p.radius-max(abs(u), abs(v))), inside(arm-min(abs(u), abs(v))))
	}},
	{"triangle", func(p placement, x, y int) int {
		u, v := rotate(p, x, y)
		return min(inside(p.radius-abs(v)), inside((p.radius+v)/2-abs(u)))
	}},
}

// wave is a trapezoid wave of the distance d, given in 1/16 of a unit.
func wave(d, period, phase int) int {
	at := (d/16 + phase) % period
	if at < 0 {
		at += period
	}
	return inside(period/4 - abs(at-period/2))
}

// inside turns the distance to an edge, positive inside, into coverage: a slope
// two pixels wide.
func inside(distance int) int {
	return min(max((distance+unit)*full/(2*unit), 0), full)
}

// rotate gives x and y relative to the placement's middle and tilt.
func rotate(p placement, x, y int) (u, v int) {
	x, y = x-p.x, y-p.y
	return (16*x + p.tilt*y) / 16, (16*y - p.tilt*x) / 16
}

// distance is the integer part of the length of (x, y).
func distance(x, y int) int {
	square := x*x + y*y
	root := 0
	for bit := 1 << 10; bit > 0; bit >>= 1 {
		if t := root + bit; t*t <= square {
			root = t
		}
	}
	return root
}

func abs(v int) int { return max(v, -v) }
