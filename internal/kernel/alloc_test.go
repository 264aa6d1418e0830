package kernel

import "testing"

// TestAllocations: no primitive allocates once its scratch has grown.
func TestAllocations(t *testing.T) {
	const size, ch, out = 8, 32, 48
	r := newSource(1)
	n := size * size
	x, y, z := r.slice(n*ch), r.slice(n*ch), r.slice(n*ch)
	a, b, c := r.slice(ch), r.slice(ch), r.slice(ch)
	work := r.slice(size * ch)
	border := NewBordered(size, size, ch)
	g := &Conv{
		Rows: size, Cols: size, In: ch, InPixel: ch, InRow: border.Whole().Row, Taps: taps(3, border.Whole()),
		OutPixel: out, OutRow: size * out,
	}
	depth := &Conv{Rows: size, Cols: size, In: ch, InPixel: ch, InRow: g.InRow, Taps: g.Taps, OutPixel: ch, OutRow: size * ch}
	w, dz := r.slice(9*ch*out), r.slice(n*out)
	blocks := [][]float32{dz, dz[Lane:], dz[2*Lane:]}
	wino := &Winograd{
		Images: 1, Rows: size, Cols: size, In: ch, InPixel: ch, InRow: size * ch, InImage: n * ch,
		OutPixel: out, OutRow: size * out, OutImage: n * out,
	}
	u := r.slice(wino.TransformedLen(out))
	var scratch WinogradWork
	eachISA(t, func(t *testing.T, k *Kernels) {
		for name, f := range map[string]func(){
			"Conv":                     func() { k.Conv(g, blocks, border.Whole().Data, w, false) },
			"WinogradWeightGradAtOnce": func() { k.WinogradWeightGradAtOnce(wino, &scratch, w, x, dz, out) },
			"WeightGrad":               func() { k.WeightGrad(g, w, border.Whole().Data, Dense(dz, size, out), out) },
			"WinogradWeights":          func() { k.WinogradWeights(wino, u, w, out) },
			"WinogradConv":             func() { k.WinogradConv(wino, &scratch, blocks, x, u, true) },
			"WinogradWeightGrad":       func() { k.WinogradWeightGrad(wino, &scratch, u, x, dz, out) },
			"WinogradWeightGradEnd":    func() { k.WinogradWeightGradEnd(wino, w, u, out) },
			"AffineSum":                func() { k.AffineSum(x, c, []Term{{y, a}, {z, nil}}, border.Inside(), size, size, ch) },
			"ReLUCopy":                 func() { k.ReLUCopy(border.Inside(), x, size, size, ch) },
			"Moments":                  func() { k.Moments(a, b, x, c, n, ch) },
			"GradSums":                 func() { k.GradSums(a, b, x, y, c, n, ch) },
			"NormGrad":                 func() { k.NormGrad(border.Inside(), x, y, a, b, c, size, size, ch) },
			"MaskedSum":                func() { k.MaskedSum(x, y, z, [][]float32{y}, n*ch) },
			"HalfPool":                 func() { k.HalfPool(y, x, size, size, ch) },
			"HalfPoolGradAdd":          func() { k.HalfPoolGradAdd(x, y, size, size, ch) },
			"PositiveMean":             func() { k.PositiveMean(a, x, b, c, n, ch) },
			"PositiveMeanGrad":         func() { k.PositiveMeanGrad(x, a, y, b, c, n, ch) },
			"AvgPool":                  func() { k.AvgPool(x, y, work, size, size, ch, false) },
			"Depthwise":                func() { k.Depthwise(depth, z, border.Whole().Data, w) },
			"DepthwiseWeightGrad":      func() { k.DepthwiseWeightGrad(depth, w, border.Whole().Data, Dense(z, size, ch)) },
			"MaxPool":                  func() { k.MaxPool(depth, z, border.Whole().Data) },
			"MaxPoolGradAdd":           func() { k.MaxPoolGradAdd(depth, border.Whole().Data, border.Whole().Data, z, y) },
			"AvgPoolGrad":              func() { k.AvgPoolGrad(x, y, work, size, size, ch, true) },
		} {
			if n := testing.AllocsPerRun(5, f); n != 0 {
				t.Errorf("%s allocates %v times", name, n)
			}
		}
	})
}
