package kernel

// The points of the transforms, ±pointA and ±pointB beside 0 and infinity, and
// what the matrices have of them. Those of the data are exact.
const (
	pointA   = 5.0 / 8
	pointB   = 3.0 / 2
	squareA  = pointA * pointA
	squareB  = pointB * pointB
	product  = squareA * squareB
	squares  = squareA + squareB
	weight0  = 1 / product
	weightA  = 1 / (2 * squareA * (squareA - squareB))
	weightB  = 1 / (2 * squareB * (squareB - squareA))
	weightA1 = weightA * pointA
	weightA2 = weightA * squareA
	weightB1 = weightB * pointB
	weightB2 = weightB * squareB
)

// winogradInputArgs is a strip of the input.
type winogradInputArgs struct {
	g     *Winograd
	s     strip
	v     matrices
	in    []float32 // the first image
	zeros []float32 // a row of pixels
}

// winogradTileArgs is complete tiles of Lane output channels.
type winogradTileArgs struct {
	m                          []float32 // the first tile
	pitch                      int       // from one position to the next
	channels                   int       // from one tile to the next
	rowTiles, imageTiles       int       // tiles from one row of tiles, or one image, to the next
	plane                      Plane     // the first image
	image                      int       // pitch from one image to the next
	images, tileRows, tileCols int
	add                        bool
}

// winogradWeightArgs is weights w [9][in][out], a tap and a row apart, and what
// they are in the transform's domain, u [36][in][out], a position apart.
type winogradWeightArgs struct {
	u, w               []float32
	in, out            int
	tap, row, position int
}

// Each of the following computes one dimension of a transform.

func inputTransform(d0, d1, d2, d3, d4, d5 float32) (v0, v1, v2, v3, v4, v5 float32) {
	evenA, oddA := d4-squareB*d2, pointA*(d3-squareB*d1)
	evenB, oddB := d4-squareA*d2, pointB*(d3-squareA*d1)
	return d4 + product*d0 - squares*d2, evenA + oddA, evenA - oddA, evenB + oddB, evenB - oddB, d5 + product*d1 - squares*d3
}

func outputTransform(m0, m1, m2, m3, m4, m5 float32) (y0, y1, y2, y3 float32) {
	sumA, sumB := m1+m2, m3+m4
	difA, difB := pointA*(m1-m2), pointB*(m3-m4)
	return m0 + (sumA + sumB), difA + difB, squareA*sumA + squareB*sumB, m5 + squareA*difA + squareB*difB
}

func gradTransform(y0, y1, y2, y3 float32) (w0, w1, w2, w3, w4, w5 float32) {
	evenA, oddA := y0+squareA*y2, pointA*(y1+squareA*y3)
	evenB, oddB := y0+squareB*y2, pointB*(y1+squareB*y3)
	return y0, evenA + oddA, evenA - oddA, evenB + oddB, evenB - oddB, y3
}

func weightTransform(g0, g1, g2 float32) (u0, u1, u2, u3, u4, u5 float32) {
	evenA, oddA := weightA*g0+weightA2*g2, weightA1*g1
	evenB, oddB := weightB*g0+weightB2*g2, weightB1*g1
	return weight0 * g0, evenA + oddA, evenA - oddA, evenB + oddB, evenB - oddB, g2
}

func weightGradTransform(u0, u1, u2, u3, u4, u5 float32) (g0, g1, g2 float32) {
	sumA, sumB := u1+u2, u3+u4
	return weight0*u0 + weightA*sumA + weightB*sumB, weightA1*(u1-u2) + weightB1*(u3-u4), weightA2*sumA + weightB2*sumB + u5
}

func winogradInputGeneric(a *winogradInputArgs) {
	tile := 0
	for i := range a.s.images {
		for r := range a.s.tileRows {
			var rows [windowSide][]float32
			for j := range rows {
				rows[j] = a.zeros
				if y := (a.s.tileRow+r)*tileSide + j - 1; y >= 0 && y < a.g.Rows {
					rows[j] = a.in[i*a.g.InImage+y*a.g.InRow:]
				}
			}
			for range a.g.tileCols() {
				for c := 0; c < a.v.channels; c += Lane {
					inputTile(a, &rows, tile, c)
				}
				tile++
			}
		}
	}
}

// inputTile transforms Lane channels of one tile.
func inputTile(a *winogradInputArgs, rows *[windowSide][]float32, tile, c int) {
	var columns [windowSide][windowSide][Lane]float32
	for j := range columns {
		x := tile%a.g.tileCols()*tileSide + j - 1
		if x < 0 || x >= a.g.Cols {
			continue
		}
		at := x*a.g.InPixel + c
		d0, d1, d2 := (*[Lane]float32)(rows[0][at:]), (*[Lane]float32)(rows[1][at:]), (*[Lane]float32)(rows[2][at:])
		d3, d4, d5 := (*[Lane]float32)(rows[3][at:]), (*[Lane]float32)(rows[4][at:]), (*[Lane]float32)(rows[5][at:])
		w := &columns[j]
		for i := range Lane {
			e0, e1, e2, e3, e4, e5 := d0[i], d1[i], d2[i], d3[i], d4[i], d5[i]
			if a.g.ReLU {
				e0, e1, e2, e3, e4, e5 = max(e0, 0), max(e1, 0), max(e2, 0), max(e3, 0), max(e4, 0), max(e5, 0)
			}
			w[0][i], w[1][i], w[2][i], w[3][i], w[4][i], w[5][i] = inputTransform(e0, e1, e2, e3, e4, e5)
		}
	}
	for r := range windowSide {
		d0, d1, d2, d3, d4, d5 := &columns[0][r], &columns[1][r], &columns[2][r], &columns[3][r], &columns[4][r], &columns[5][r]
		p := a.v.pitch
		v := a.v.data[r*windowSide*p+tile*a.v.channels+c:]
		v0, v1, v2 := (*[Lane]float32)(v), (*[Lane]float32)(v[p:]), (*[Lane]float32)(v[2*p:])
		v3, v4, v5 := (*[Lane]float32)(v[3*p:]), (*[Lane]float32)(v[4*p:]), (*[Lane]float32)(v[5*p:])
		for i := range Lane {
			v0[i], v1[i], v2[i], v3[i], v4[i], v5[i] = inputTransform(d0[i], d1[i], d2[i], d3[i], d4[i], d5[i])
		}
	}
}

// window is one tile of one channel in the transform's domain, or half-way.
type window [windowSide][windowSide]float32

// eachTile calls f with the offsets of each tile in m and in plane.
func (a *winogradTileArgs) eachTile(f func(m, plane int)) {
	for i := range a.images {
		for r := range a.tileRows {
			for t := range a.tileCols {
				f((i*a.imageTiles+r*a.rowTiles+t)*a.channels, i*a.image+tileSide*(r*a.plane.Row+t*a.plane.Pixel))
			}
		}
	}
}

func winogradOutputGeneric(a *winogradTileArgs) {
	var w window
	a.eachTile(func(m, plane int) {
		for c := range Lane {
			src := a.m[m+c:]
			for j := range windowSide {
				col := src[j*a.pitch:]
				row := windowSide * a.pitch
				w[0][j], w[1][j], w[2][j], w[3][j] = outputTransform(col[0], col[row], col[2*row], col[3*row], col[4*row], col[5*row])
			}
			for y := range tileSide {
				dst := a.plane.Data[plane+y*a.plane.Row+c:]
				r := &w[y]
				y0, y1, y2, y3 := outputTransform(r[0], r[1], r[2], r[3], r[4], r[5])
				p := a.plane.Pixel
				if a.add {
					y0, y1, y2, y3 = y0+dst[0], y1+dst[p], y2+dst[2*p], y3+dst[3*p]
				}
				dst[0], dst[p], dst[2*p], dst[3*p] = y0, y1, y2, y3
			}
		}
	})
}

func winogradGradGeneric(a *winogradTileArgs) {
	var w window
	a.eachTile(func(m, plane int) {
		for c := range Lane {
			src := a.plane.Data[plane+c:]
			for x := range tileSide {
				col, row := src[x*a.plane.Pixel:], a.plane.Row
				w[0][x], w[1][x], w[2][x], w[3][x], w[4][x], w[5][x] = gradTransform(col[0], col[row], col[2*row], col[3*row])
			}
			for y := range windowSide {
				dst, p := a.m[m+y*windowSide*a.pitch+c:], a.pitch
				r := &w[y]
				dst[0], dst[p], dst[2*p], dst[3*p], dst[4*p], dst[5*p] = gradTransform(r[0], r[1], r[2], r[3])
			}
		}
	})
}

func winogradWeightsGeneric(a *winogradWeightArgs) {
	var w window
	tap, pitch := a.tap, a.position
	for i := range a.in {
		for o := range a.out {
			src, dst := a.w[i*a.row+o:], a.u[i*a.out+o:]
			for x := range 3 {
				col := src[x*tap:]
				w[0][x], w[1][x], w[2][x], w[3][x], w[4][x], w[5][x] = weightTransform(col[0], col[3*tap], col[6*tap])
			}
			for y := range windowSide {
				r, d := &w[y], dst[y*windowSide*pitch:]
				d[0], d[pitch], d[2*pitch], d[3*pitch], d[4*pitch], d[5*pitch] = weightTransform(r[0], r[1], r[2])
			}
		}
	}
}

func winogradWeightGradGeneric(a *winogradWeightArgs) {
	var w window
	tap, pitch := a.tap, a.position
	for i := range a.in {
		for o := range a.out {
			dw, du := a.w[i*a.row+o:], a.u[i*a.out+o:]
			for x := range windowSide {
				col, row := du[x*pitch:], windowSide*pitch
				w[0][x], w[1][x], w[2][x] = weightGradTransform(col[0], col[row], col[2*row], col[3*row], col[4*row], col[5*row])
			}
			for p := range positions {
				du[p*pitch] = 0
			}
			for y := range 3 {
				r, d := &w[y], dw[3*y*tap:]
				g0, g1, g2 := weightGradTransform(r[0], r[1], r[2], r[3], r[4], r[5])
				d[0], d[tap], d[2*tap] = d[0]+g0, d[tap]+g1, d[2*tap]+g2
			}
		}
	}
}
