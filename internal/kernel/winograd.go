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
	zeros   []float32 // a row outside the image
	patch   []float32 // a tile that is partly outside
	grad    []float32 // transformed gradients of weights, zero between calls
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

// strip is what is transformed together: some rows of tiles of one image, or
// all of some images.
type strip struct{ image, images, tileRow, tileRows int }

// stripTiles is about how many tiles a strip has: few enough for the
// transformed input to stay in a second-level cache of 1 MB, and at most 64;
// many enough to use each weight often.
func (g *Winograd) stripTiles() int { return min(64, max(16, 64*64/Pad(g.In))) }

// eachStrip calls f for every strip; none has more tiles than the first.
func (g *Winograd) eachStrip(f func(s strip, tiles int)) {
	rows := max(1, g.stripTiles()/g.tileCols())
	all := g.tileRows()
	if images := rows / all; images > 0 {
		for i := 0; i < g.Images; i += images {
			s := strip{i, min(images, g.Images-i), 0, all}
			f(s, s.images*all*g.tileCols())
		}
		return
	}
	for i := range g.Images {
		for r := 0; r < all; r += rows {
			s := strip{i, 1, r, min(rows, all-r)}
			f(s, s.tileRows*g.tileCols())
		}
	}
}

// mostTiles is the number of tiles of the first strip.
func (g *Winograd) mostTiles() int {
	rows := max(1, g.stripTiles()/g.tileCols())
	all := g.tileRows()
	if images := rows / all; images > 0 {
		return min(images, g.Images) * all * g.tileCols()
	}
	return rows * g.tileCols()
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
	k.WinogradWeightsOf(g, u, w, out, 0, g.In)
}

// WinogradWeightsOf transforms the weights of count input channels from number
// first on, so that several callers can share the work.
func (k *Kernels) WinogradWeightsOf(g *Winograd, u, w []float32, out, first, count int) {
	// Slices, since to read a number that another caller writes is a race.
	u, w = u[:g.TransformedLen(out)], w[:9*g.In*out]
	eachGroup(out, func(o, n int) {
		k.winogradWeights(&winogradWeightArgs{
			u: u[positions*g.In*o+first*n:], w: w[first*out+o:],
			in: count, out: n, tap: g.In * out, row: out, position: g.In * n,
		})
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
	most := g.mostTiles()
	v := newMatrices(&work.in, most, Pad(g.In))
	g.eachStrip(func(s strip, tiles int) {
		g.transformInput(k, work, v, in, s)
		eachGroup(len(out)*Lane, func(o, channels int) {
			m := newMatrices(&work.out, most, channels)
			m.multiply(k, v, u[positions*g.In*o:], g.In, tiles)
			for b := range channels / Lane {
				g.transformOutput(k, work, m, b*Lane, out[o/Lane+b], s, add)
			}
		})
	})
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

// transformInput transforms the tiles of a strip.
func (g *Winograd) transformInput(k *Kernels, work *WinogradWork, v matrices, in []float32, s strip) {
	k.winogradInput(&winogradInputArgs{
		g: g, s: s, v: v,
		in:    in[s.image*g.InImage:],
		zeros: reserve(&work.zeros, g.Cols*g.InPixel),
	})
}

// transformOutput transforms back the tiles of a block of channels. Those that
// are partly outside the image go by a patch.
func (g *Winograd) transformOutput(k *Kernels, work *WinogradWork, m matrices, block int, out []float32, s strip, add bool) {
	a := g.wholeTiles(m, block, out, s)
	a.add = add
	if a.tileRows > 0 && a.tileCols > 0 {
		k.winogradOutput(&a)
	}
	g.eachPartial(s, func(tile, image, row, col int) {
		p := patch(work, m, block, tile)
		k.winogradOutput(&p)
		g.eachInside(row, col, func(y, x int) {
			src := p.plane.Data[y*p.plane.Row+x*p.plane.Pixel:][:Lane]
			o := out[image*g.OutImage+(row+y)*g.OutRow+(col+x)*g.OutPixel:][:Lane]
			for c, v := range src {
				if add {
					v += o[c]
				}
				o[c] = v
			}
		})
	})
}

// wholeTiles are the tiles of a strip that are inside their image.
func (g *Winograd) wholeTiles(m matrices, block int, out []float32, s strip) winogradTileArgs {
	return winogradTileArgs{
		m: m.data[block:], pitch: m.pitch, channels: m.channels, rowTiles: g.tileCols(), imageTiles: s.tileRows * g.tileCols(),
		plane: Plane{out[s.image*g.OutImage+s.tileRow*tileSide*g.OutRow:], g.OutPixel, g.OutRow},
		image: g.OutImage, images: s.images,
		tileRows: min(s.tileRows, g.Rows/tileSide-s.tileRow),
		tileCols: g.Cols / tileSide,
	}
}

// eachPartial calls f for the other tiles of the strip: with the number of the
// tile, its image, and its first pixel.
func (g *Winograd) eachPartial(s strip, f func(tile, image, row, col int)) {
	if g.Rows%tileSide == 0 && g.Cols%tileSide == 0 {
		return
	}
	tile := 0
	for i := range s.images {
		for r := range s.tileRows {
			for c := range g.tileCols() {
				row, col := (s.tileRow+r)*tileSide, c*tileSide
				if row+tileSide > g.Rows || col+tileSide > g.Cols {
					f(tile, s.image+i, row, col)
				}
				tile++
			}
		}
	}
}

// patch is one tile of a block whose pixels are a scratch.
func patch(work *WinogradWork, m matrices, block, tile int) winogradTileArgs {
	return winogradTileArgs{
		m: m.data[tile*m.channels+block:], pitch: m.pitch, channels: m.channels, rowTiles: 1,
		plane:  Dense(reserve(&work.patch, tileSide*tileSide*Lane), tileSide, Lane),
		images: 1, tileRows: 1, tileCols: 1,
	}
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
	_ = du[g.TransformedLen(out)-1]
	g.eachGrad(k, work, in, dz, out, func(o int, v, m matrices, tiles int) {
		m.multiplyGrad(k, du[positions*g.In*o:], v, 0, g.In, tiles)
	})
}

// WinogradWeightGradAtOnce adds the images' gradient of the weights to dw
// [9][In][out], packed as in [Kernels.WeightGrad]. It is the better choice
// where a caller has only as many images as are transformed together: their
// transformed gradients then never leave the cache.
func (k *Kernels) WinogradWeightGradAtOnce(g *Winograd, work *WinogradWork, dw, in, dz []float32, out int) {
	_ = dw[9*g.In*out-1]
	g.eachGrad(k, work, in, dz, out, func(o int, v, m matrices, tiles int) {
		for first := 0; first < g.In; first += gradChannels {
			in := min(gradChannels, g.In-first)
			du := reserve(&work.grad, positions*in*m.channels) // all zero
			m.multiplyGrad(k, du, v, first, in, tiles)
			k.winogradWeightGrad(&winogradWeightArgs{
				u: du, w: dw[first*out+o:],
				in: in, out: m.channels, tap: g.In * out, row: out, position: in * m.channels,
			})
		}
	})
}

// gradChannels is for how many input channels WinogradWeightGradAtOnce has
// transformed gradients at a time.
const gradChannels = 16

// eachGrad calls f for every strip and group of output channels from number o
// on: with the transformed input v and the transformed gradient m.
func (g *Winograd) eachGrad(k *Kernels, work *WinogradWork, in, dz []float32, out int, f func(o int, v, m matrices, tiles int)) {
	g.need(in, dz, out)
	most := g.mostTiles()
	v := newMatrices(&work.in, most, Pad(g.In))
	g.eachStrip(func(s strip, tiles int) {
		g.transformInput(k, work, v, in, s)
		eachGroup(out, func(o, channels int) {
			m := newMatrices(&work.out, most, channels)
			for b := range channels / Lane {
				g.transformGrad(k, work, m, b*Lane, dz[o+b*Lane:], s)
			}
			f(o, v, m, tiles)
		})
	})
}

// transformGrad transforms the gradient of a block of channels.
func (g *Winograd) transformGrad(k *Kernels, work *WinogradWork, m matrices, block int, dz []float32, s strip) {
	a := g.wholeTiles(m, block, dz, s)
	if a.tileRows > 0 && a.tileCols > 0 {
		k.winogradGrad(&a)
	}
	g.eachPartial(s, func(tile, image, row, col int) {
		p := patch(work, m, block, tile)
		clear(p.plane.Data)
		g.eachInside(row, col, func(y, x int) {
			copy(p.plane.Data[y*p.plane.Row+x*p.plane.Pixel:][:Lane], dz[image*g.OutImage+(row+y)*g.OutRow+(col+x)*g.OutPixel:])
		})
		k.winogradGrad(&p)
	})
}

// multiplyGrad adds the transpose of in channels of v, from number first on,
// times m to du, position by position.
func (m matrices) multiplyGrad(k *Kernels, du []float32, v matrices, first, in, tiles int) {
	a := weightGradArgs{
		Conv: &Conv{Rows: 1, Cols: tiles, In: in, InPixel: v.channels, Taps: []int{0}},
		out:  m.channels,
	}
	for p := range positions {
		a.dw, a.in = du[p*in*m.channels:], v.data[p*v.pitch+first:]
		a.dz = Plane{Data: m.data[p*m.pitch:], Pixel: m.channels}
		k.weightGrad(&a)
	}
}

// WinogradWeightGradEnd adds the gradients of the weights to dw [9][In][out],
// packed as in [Kernels.WeightGrad], and sets du to zero.
func (k *Kernels) WinogradWeightGradEnd(g *Winograd, dw, du []float32, out int) {
	_, _ = du[g.TransformedLen(out)-1], dw[9*g.In*out-1]
	eachGroup(out, func(o, n int) {
		k.winogradWeightGrad(&winogradWeightArgs{
			u: du[positions*g.In*o:], w: dw[o:],
			in: g.In, out: n, tap: g.In * out, row: out, position: g.In * n,
		})
	})
}
