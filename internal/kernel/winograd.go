package kernel

// Winograd is the geometry of 3x3 convolutions of stride 1 and padding 1 of
// several images, computed by Winograd's minimal filtering F(4x4, 3x3) with the
// points 0, ±5/8, ±3/2 and infinity (Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2016; the points halve the error of the
// usual 0, ±1, ±2). It takes a quarter of the multiplications of [Conv], and
// transforms of tiles of the input (6x6), of the weights and of the output
// (4x4). Its rounding errors are two to three times those of [Conv]; a NaN or
// an infinity spreads over the tiles that it touches.
//
// Images need no border: what lies outside is zero. Pitches are in numbers.
type Winograd struct {
	Images, Rows, Cols         int
	In                         int // input channels that are read
	InPixel, InRow, InImage    int
	OutPixel, OutRow, OutImage int
	ReLU                       bool // of the input, while it is read
}

const (
	tileSide   = 4            // of a tile of the output
	windowSide = tileSide + 2 // of the input that a tile needs
	positions  = windowSide * windowSide
)

// WinogradWork is the scratch memory of the Winograd methods, for one caller at
// a time. The zero value is ready for use; it grows as needed.
type WinogradWork struct {
	in, out []float32 // transformed tiles [position][tile][channel]
	columns []float32 // transformed columns of a row of tiles
	zeros   []float32 // a row outside the image
	patch   []float32 // a tile that is partly outside
}

// reserve makes a buffer have n numbers.
func reserve(buf *[]float32, n int) []float32 {
	if cap(*buf) < n {
		*buf = make([]float32, n)
	}
	*buf = (*buf)[:n]
	return *buf
}

// TransformedLen is the number of transformed weights for out output channels.
func (g *Winograd) TransformedLen(out int) int { return positions * g.In * out }

func (g *Winograd) tileRows() int { return (g.Rows + tileSide - 1) / tileSide }

func (g *Winograd) tileCols() int { return (g.Cols + tileSide - 1) / tileSide }

// strip is how many rows of tiles are worked on together, over all images: few
// enough for the transformed input to stay in a second-level cache of 1 MB, and
// at most 64 tiles; many enough to use each weight often.
func (g *Winograd) strip() int {
	tiles := min(64, max(16, 64*64/Pad(g.In)))
	return min(max(1, tiles/g.tileCols()), g.Images*g.tileRows())
}

// matrices is the view of transformed tiles: a matrix of tiles x channels for
// each position, a cache line apart so that the same tile of all positions
// doesn't fall into the same place of the cache.
type matrices struct {
	data            []float32
	channels, pitch int // pitch from one position to the next
}

func newMatrices(buf *[]float32, tiles, channels int) matrices {
	pitch := tiles*channels + Lane
	return matrices{reserve(buf, positions*pitch), channels, pitch}
}

// need panics unless the slices hold the images of the geometry.
func (g *Winograd) need(in, out []float32, outChannels int) {
	last := (g.Images - 1) * g.InImage
	Plane{in[last:], g.InPixel, g.InRow}.need(g.Rows, g.Cols, Pad(g.In))
	last = (g.Images - 1) * g.OutImage
	Plane{out[last:], g.OutPixel, g.OutRow}.need(g.Rows, g.Cols, outChannels)
}

// WinogradWeights transforms weights w [9][In][out], packed as for
// [Kernels.Conv], into u, which has [Winograd.TransformedLen] numbers.
func (k *Kernels) WinogradWeights(g *Winograd, u, w []float32, out int) {
	_, _ = u[g.TransformedLen(out)-1], w[9*g.In*out-1]
	eachGroup(out, func(o, n int) {
		k.winogradWeights(&winogradWeightArgs{u: u[positions*g.In*o:], w: w[o:], in: g.In, out: n, pitch: out})
	})
}

// eachGroup calls f for groups of at most three blocks of channels: the first
// channel and the number of channels.
func eachGroup(channels int, f func(first, n int)) {
	for o := 0; o < channels; {
		n := groupSize((channels-o)/Lane) * Lane
		f(o, n)
		o += n
	}
}

// WinogradConv computes the convolution of all images. out has one slice for
// every Lane output channels, each beginning at that block's first pixel; u are
// the weights, transformed by [Kernels.WinogradWeights]. With add, the result
// is added to out.
func (k *Kernels) WinogradConv(g *Winograd, work *WinogradWork, out [][]float32, in, u []float32, add bool) {
	for _, o := range out {
		g.need(in, o, Lane)
	}
	_ = u[g.TransformedLen(len(out)*Lane)-1]
	rows, strip := g.Images*g.tileRows(), g.strip()
	v := newMatrices(&work.in, strip*g.tileCols(), Pad(g.In))
	for r := 0; r < rows; r += strip {
		n := min(strip, rows-r)
		g.transformInput(k, work, v, in, r, n)
		eachGroup(len(out)*Lane, func(o, channels int) {
			m := newMatrices(&work.out, strip*g.tileCols(), channels)
			m.multiply(k, v, u[positions*g.In*o:], g.In, n*g.tileCols())
			for b := range channels / Lane {
				g.transformOutput(k, work, m, b*Lane, out[o/Lane+b], r, n, add)
			}
		})
	}
}

// multiply sets m to v times the weights, position by position.
func (m matrices) multiply(k *Kernels, v matrices, u []float32, in, tiles int) {
	var blocks [3][]float32
	n := m.channels / Lane
	for b := range n {
		blocks[b] = m.data[b*Lane:]
	}
	k.conv(&convArgs{
		Conv: &Conv{
			Rows: positions, Cols: tiles, In: in, InPixel: v.channels, InRow: v.pitch,
			Taps: []int{0}, OutPixel: m.channels, OutRow: m.pitch,
		},
		in: v.data, w: u, out: blocks[:n], pitch: m.channels, wRow: in * m.channels,
	})
}

// rowOf returns where row r of tiles, counted over all images, begins: the
// image and its first row of pixels.
func (g *Winograd) rowOf(r int) (image, row int) {
	return r / g.tileRows(), r % g.tileRows() * tileSide
}

// transformInput transforms n rows of tiles from row r on.
func (g *Winograd) transformInput(k *Kernels, work *WinogradWork, v matrices, in []float32, r, n int) {
	tiles := g.tileCols()
	a := winogradInputArgs{
		columns: reserve(&work.columns, (tiles*tileSide+2)*windowSide*Lane),
		cols:    g.Cols, tiles: tiles, pixel: g.InPixel, channels: v.channels, pitch: v.pitch, relu: g.ReLU,
	}
	zeros := reserve(&work.zeros, g.Cols*g.InPixel)
	for i := range n {
		image, row := g.rowOf(r + i)
		for j := range a.rows {
			a.rows[j] = zeros
			if y := row + j - 1; y >= 0 && y < g.Rows {
				a.rows[j] = in[image*g.InImage+y*g.InRow:]
			}
		}
		a.v = v.data[i*tiles*v.channels:]
		k.winogradInput(&a)
	}
}

// whole is how many tiles of a row, from the left, are complete in rows pixels
// of the image from there on.
func (g *Winograd) whole(row int) int {
	if row+tileSide > g.Rows {
		return 0
	}
	return g.Cols / tileSide
}

// transformOutput transforms back n rows of tiles of a block of channels.
func (g *Winograd) transformOutput(k *Kernels, work *WinogradWork, m matrices, block int, out []float32, r, n int, add bool) {
	for i := range n {
		image, row := g.rowOf(r + i)
		dst := Plane{out[image*g.OutImage+row*g.OutRow:], g.OutPixel, g.OutRow}
		whole := g.whole(row)
		a := winogradTileArgs{m: m.data[i*g.tileCols()*m.channels+block:], channels: m.channels, pitch: m.pitch, plane: dst, tiles: whole, add: add}
		if whole > 0 {
			k.winogradOutput(&a)
		}
		for t := whole; t < g.tileCols(); t++ {
			a.m = m.data[(i*g.tileCols()+t)*m.channels+block:]
			a.plane, a.tiles, a.add = patch(work), 1, false
			k.winogradOutput(&a)
			g.eachInside(row, t*tileSide, func(y, x int) {
				src := a.plane.Data[y*a.plane.Row+x*a.plane.Pixel:][:Lane]
				o := dst.Data[y*dst.Row+(t*tileSide+x)*dst.Pixel:][:Lane]
				for c, v := range src {
					if add {
						v += o[c]
					}
					o[c] = v
				}
			})
		}
	}
}

// patch is a tile of Lane channels.
func patch(work *WinogradWork) Plane {
	return Dense(reserve(&work.patch, tileSide*tileSide*Lane), tileSide, Lane)
}

// eachInside calls f for the pixels of a tile that are inside the image.
func (g *Winograd) eachInside(row, col int, f func(y, x int)) {
	for y := range min(tileSide, g.Rows-row) {
		for x := range min(tileSide, g.Cols-col) {
			f(y, x)
		}
	}
}

// WinogradWeightGrad adds the images' gradient of the transformed weights to
// du, which has [Winograd.TransformedLen] numbers; dz is the gradient of out
// output channels and has g's output pitches. [Kernels.WinogradWeightGradEnd]
// makes weights' gradients of du.
func (k *Kernels) WinogradWeightGrad(g *Winograd, work *WinogradWork, du, in, dz []float32, out int) {
	g.need(in, dz, out)
	_ = du[g.TransformedLen(out)-1]
	rows, strip := g.Images*g.tileRows(), g.strip()
	v := newMatrices(&work.in, strip*g.tileCols(), Pad(g.In))
	for r := 0; r < rows; r += strip {
		n := min(strip, rows-r)
		g.transformInput(k, work, v, in, r, n)
		eachGroup(out, func(o, channels int) {
			m := newMatrices(&work.out, strip*g.tileCols(), channels)
			for b := range channels / Lane {
				g.transformGrad(k, work, m, b*Lane, dz[o+b*Lane:], r, n)
			}
			m.multiplyGrad(k, du[positions*g.In*o:], v, g.In, n*g.tileCols())
		})
	}
}

// transformGrad transforms the gradient of n rows of tiles of a block of
// channels.
func (g *Winograd) transformGrad(k *Kernels, work *WinogradWork, m matrices, block int, dz []float32, r, n int) {
	for i := range n {
		image, row := g.rowOf(r + i)
		src := Plane{dz[image*g.OutImage+row*g.OutRow:], g.OutPixel, g.OutRow}
		whole := g.whole(row)
		a := winogradTileArgs{m: m.data[i*g.tileCols()*m.channels+block:], channels: m.channels, pitch: m.pitch, plane: src, tiles: whole}
		if whole > 0 {
			k.winogradGrad(&a)
		}
		for t := whole; t < g.tileCols(); t++ {
			a.m = m.data[(i*g.tileCols()+t)*m.channels+block:]
			a.plane, a.tiles = patch(work), 1
			clear(a.plane.Data)
			g.eachInside(row, t*tileSide, func(y, x int) {
				copy(a.plane.Data[y*a.plane.Row+x*a.plane.Pixel:][:Lane], src.Data[y*src.Row+(t*tileSide+x)*src.Pixel:])
			})
			k.winogradGrad(&a)
		}
	}
}

// multiplyGrad adds v's transpose times m to du, position by position.
func (m matrices) multiplyGrad(k *Kernels, du []float32, v matrices, in, tiles int) {
	a := weightGradArgs{
		Conv: &Conv{Rows: 1, Cols: tiles, In: in, InPixel: v.channels, Taps: []int{0}},
		out:  m.channels,
	}
	for p := range positions {
		a.dw, a.in = du[p*in*m.channels:], v.data[p*v.pitch:]
		a.dz = Plane{Data: m.data[p*m.pitch:], Pixel: m.channels}
		k.weightGrad(&a)
	}
}

// WinogradWeightGradEnd adds the gradients of the weights to dw [9][In][out],
// packed as in [Kernels.WeightGrad], and sets du to zero.
func (k *Kernels) WinogradWeightGradEnd(g *Winograd, dw, du []float32, out int) {
	_, _ = du[g.TransformedLen(out)-1], dw[9*g.In*out-1]
	eachGroup(out, func(o, n int) {
		k.winogradWeightGrad(&winogradWeightArgs{u: du[positions*g.In*o:], w: dw[o:], in: g.In, out: n, pitch: out})
	})
}
