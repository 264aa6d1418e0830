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

// What stands for a missing scale or shift, and for missing terms.
var (
	laneOnes  = [Lane]float32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	laneZeros [Lane]float32
)

func affineSumGeneric(a *affineArgs) {
	for r := range a.rows {
		for c := range a.cols {
			pixel := (r*a.cols + c) * a.ch
			for o := 0; o < a.ch; o += Lane {
				dst := (*[Lane]float32)(a.dst[pixel+o:])
				affineLane(dst, a.shift, a.terms, pixel, o)
				if a.relu.Data != nil {
					out := (*[Lane]float32)(a.relu.Data[r*a.relu.Row+c*a.relu.Pixel+o:])
					for i, v := range dst {
						out[i] = max(v, 0)
					}
				}
			}
		}
	}
}

// affineLane adds up Lane channels of one pixel, from channel o on.
func affineLane(dst *[Lane]float32, shift []float32, terms []Term, pixel, o int) {
	b := &laneZeros
	if shift != nil {
		b = (*[Lane]float32)(shift[o:])
	}
	switch len(terms) {
	case 1:
		x, s := terms[0].lane(pixel, o)
		for i := range dst {
			dst[i] = b[i] + s[i]*x[i]
		}
	case 2:
		x, s := terms[0].lane(pixel, o)
		y, t := terms[1].lane(pixel, o)
		for i := range dst {
			dst[i] = b[i] + s[i]*x[i] + t[i]*y[i]
		}
	case 3:
		x, s := terms[0].lane(pixel, o)
		y, t := terms[1].lane(pixel, o)
		z, u := terms[2].lane(pixel, o)
		for i := range dst {
			dst[i] = b[i] + s[i]*x[i] + t[i]*y[i] + u[i]*z[i]
		}
	default:
		for i := range dst {
			sum := b[i]
			for _, t := range terms {
				x, s := t.lane(pixel, o)
				sum += s[i] * x[i]
			}
			dst[i] = sum
		}
	}
}

// lane is Lane channels of a pixel and their scales.
func (t *Term) lane(pixel, o int) (x, scale *[Lane]float32) {
	x, scale = (*[Lane]float32)(t.X[pixel+o:]), &laneOnes
	if t.Scale != nil {
		scale = (*[Lane]float32)(t.Scale[o:])
	}
	return x, scale
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
