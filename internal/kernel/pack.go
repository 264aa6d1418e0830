package kernel

// PackWeights packs PyTorch's weights w [out][in][taps] (OIHW, the two last
// together) into packed[tap][in][pitch], channels first..first+out of the
// pitch, each multiplied by its scale (nil: by one).
func PackWeights(packed, w []float32, out, in, taps, pitch, first int, scale []float32) {
	for o := range out {
		s := float32(1)
		if scale != nil {
			s = scale[o]
		}
		src := w[o*in*taps:][:in*taps]
		for i := range in {
			for t := range taps {
				packed[(t*in+i)*pitch+first+o] = s * src[i*taps+t]
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
		for i := range in {
			for t := range taps {
				packed[((taps-1-t)*channels+first+o)*pitch+i] = src[i*taps+t]
			}
		}
	}
}

// UnpackWeights is the inverse of [PackWeights] without a scale.
func UnpackWeights(w, packed []float32, out, in, taps, pitch, first int) {
	for o := range out {
		dst := w[o*in*taps:][:in*taps]
		for i := range in {
			for t := range taps {
				dst[i*taps+t] = packed[(t*in+i)*pitch+first+o]
			}
		}
	}
}
