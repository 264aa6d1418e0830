package kernel

// Term is one summand of [Kernels.AffineSum]: a dense image, multiplied by a
// number a channel (nil: by one).
type Term struct {
	X, Scale []float32
}

type affineArgs struct {
	dst, shift     []float32
	terms          []Term
	relu           Plane
	rows, cols, ch int
}

// AffineSum computes dst = shift + sum of Scale*X, channel by channel, for a
// dense image, and stores max(dst, 0) into relu as well if relu has data. A nil
// shift is zero. dst may be one of the terms.
func (k *Kernels) AffineSum(dst, shift []float32, terms []Term, relu Plane, rows, cols, ch int) {
	n := rows * cols * ch
	_ = dst[n-1]
	if shift != nil {
		_ = shift[ch-1]
	}
	for _, t := range terms {
		_ = t.X[n-1]
		if t.Scale != nil {
			_ = t.Scale[ch-1]
		}
	}
	if relu.Data != nil {
		relu.need(rows, cols, ch)
	}
	k.affineSum(&affineArgs{dst, shift, terms, relu, rows, cols, ch})
}

func affineSumGeneric(a *affineArgs) {
	for r := range a.rows {
		for c := range a.cols {
			at := (r*a.cols + c) * a.ch
			dst := a.dst[at:][:a.ch]
			if len(a.terms) == 1 && a.terms[0].Scale != nil && a.shift != nil {
				x, s, b := a.terms[0].X[at:][:a.ch], a.terms[0].Scale[:a.ch], a.shift[:a.ch]
				for i := range dst {
					dst[i] = b[i] + s[i]*x[i]
				}
			} else {
				affinePixel(dst, a.shift, a.terms, at)
			}
			if a.relu.Data != nil {
				out := a.relu.Data[r*a.relu.Row+c*a.relu.Pixel:][:a.ch]
				for i, v := range dst {
					out[i] = max(v, 0)
				}
			}
		}
	}
}

func affinePixel(dst, shift []float32, terms []Term, at int) {
	for i := range dst {
		var sum float32
		if shift != nil {
			sum = shift[i]
		}
		for _, t := range terms {
			if t.Scale != nil {
				sum += t.Scale[i] * t.X[at+i]
			} else {
				sum += t.X[at+i]
			}
		}
		dst[i] = sum
	}
}

// ReLUCopy stores max(src, 0) of a dense image into dst.
func (k *Kernels) ReLUCopy(dst Plane, src []float32, rows, cols, ch int) {
	_ = src[rows*cols*ch-1]
	dst.need(rows, cols, ch)
	k.reluCopy(dst, src, rows, cols, ch)
}

func reluCopyGeneric(dst Plane, src []float32, rows, cols, ch int) {
	for r := range rows {
		for c := range cols {
			out := dst.Data[r*dst.Row+c*dst.Pixel:][:ch]
			for i, v := range src[(r*cols+c)*ch:][:ch] {
				out[i] = max(v, 0)
			}
		}
	}
}
