package kernel

// PackWeights packs PyTorch's weights w [out][in][taps] (OIHW, the two last
// together) into packed[tap][in][pitch], channels first..first+out of the
// pitch, each multiplied by its scale (nil: by one).
func PackWeights(packed, w []float32, out, in, taps, pitch, first int, scale []float32) {
	// A line of the cache of the packed weights at a time.
	for from := 0; from < out; from += Lane {
		n := min(Lane, out-from)
		for at := range in * taps {
			i, t := at/taps, at%taps
			row := packed[(t*in+i)*pitch+first+from:][:n]
			for o := range row {
				row[o] = w[(from+o)*in*taps+at]
			}
			if scale != nil {
				for o, s := range scale[from:][:n] {
					row[o] *= s
				}
			}
		}
	}
}

// PackTransposed packs the same weights for the gradient of the input, where
// outputs and inputs change places and taps are mirrored:
// packed[taps-1-tap][first+out][pitch], of channels rows an output tap.
func PackTransposed(packed, w []float32, out, in, taps, channels, pitch, first int) {
	for o := range out {
		src := w[o*in*taps:][:in*taps]
		for t := range taps {
			row := packed[((taps-1-t)*channels+first+o)*pitch:][:in]
			for i := range row {
				row[i] = src[i*taps+t]
			}
		}
	}
}

// UnpackWeights is the inverse of [PackWeights] without a scale.
func UnpackWeights(w, packed []float32, out, in, taps, pitch, first int) {
	// A line of the cache of the packed weights at a time, as there.
	for from := 0; from < out; from += Lane {
		n := min(Lane, out-from)
		dst := w[from*in*taps:][:n*in*taps]
		for i := range in {
			for t := range taps {
				at := i*taps + t
				for o, v := range packed[(t*in+i)*pitch+first+from:][:n] {
					dst[o*in*taps+at] = v
				}
			}
		}
	}
}
