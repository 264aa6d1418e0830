package kernel

// AvgPool is a 3x3 average of stride 1 over the pixels inside the image
// (PyTorch's AvgPool2d(3, stride=1, padding=1, count_include_pad=False)) of a
// dense image. With add, the result is added to dst. work is a scratch of
// cols*ch numbers.
func (k *Kernels) AvgPool(dst, src, work []float32, rows, cols, ch int, add bool) {
	n := rows * cols * ch
	_, _, _ = dst[n-1], src[n-1], work[cols*ch-1]
	k.avgPool(dst, src, work, rows, cols, ch, add)
}

// AvgPoolGrad is the gradient of [Kernels.AvgPool]: from that of its result to
// that of its input.
func (k *Kernels) AvgPoolGrad(dst, dy, work []float32, rows, cols, ch int, add bool) {
	n := rows * cols * ch
	_, _, _ = dst[n-1], dy[n-1], work[cols*ch-1]
	k.avgPoolGrad(dst, dy, work, rows, cols, ch, add)
}

func avgPoolGeneric(dst, src, work []float32, rows, cols, ch int, add bool) {
	n := cols * ch
	for r := range rows {
		above, below := max(r-1, 0), min(r+1, rows-1)
		copy(work, src[above*n:][:n])
		for y := above + 1; y <= below; y++ {
			for i, v := range src[y*n:][:n] {
				work[i] += v
			}
		}
		for c := range cols {
			left, right := max(c-1, 0), min(c+1, cols-1)
			share := 1 / float32((below-above+1)*(right-left+1))
			out := dst[r*n+c*ch:][:ch]
			for i := range out {
				sum := work[left*ch+i]
				for x := left + 1; x <= right; x++ {
					sum += work[x*ch+i]
				}
				if add {
					out[i] += sum * share
				} else {
					out[i] = sum * share
				}
			}
		}
	}
}

func avgPoolGradGeneric(dst, dy, work []float32, rows, cols, ch int, add bool) {
	n := cols * ch
	for r := range rows {
		clear(work[:n])
		for y := max(r-1, 0); y <= min(r+1, rows-1); y++ {
			inside := float32(min(y+1, rows-1) - max(y-1, 0) + 1)
			for c := range cols {
				share := 1 / (inside * float32(min(c+1, cols-1)-max(c-1, 0)+1))
				for i, v := range dy[y*n+c*ch:][:ch] {
					work[c*ch+i] += v * share
				}
			}
		}
		for c := range cols {
			left, right := max(c-1, 0), min(c+1, cols-1)
			out := dst[r*n+c*ch:][:ch]
			for i := range out {
				sum := work[left*ch+i]
				for x := left + 1; x <= right; x++ {
					sum += work[x*ch+i]
				}
				if add {
					out[i] += sum
				} else {
					out[i] = sum
				}
			}
		}
	}
}

// HalfPool is the 2x2 average of stride 2 of a dense image of rows x cols
// pixels (both even): a quarter of the pixels.
func (k *Kernels) HalfPool(dst, src []float32, rows, cols, ch int) {
	_, _ = dst[rows/2*(cols/2)*ch-1], src[rows*cols*ch-1]
	k.halfPool(dst, src, rows, cols, ch)
}

// HalfPoolGradAdd adds the gradient of [Kernels.HalfPool] to dst, which has
// rows x cols pixels.
func (k *Kernels) HalfPoolGradAdd(dst, dy []float32, rows, cols, ch int) {
	_, _ = dst[rows*cols*ch-1], dy[rows/2*(cols/2)*ch-1]
	k.halfPoolGradAdd(dst, dy, rows, cols, ch)
}

func halfPoolGeneric(dst, src []float32, rows, cols, ch int) {
	for r := range rows / 2 {
		for c := range cols / 2 {
			top := src[(2*r*cols+2*c)*ch:][:2*ch]
			bottom := src[((2*r+1)*cols+2*c)*ch:][:2*ch]
			for i := range dst[(r*cols/2+c)*ch:][:ch] {
				dst[(r*cols/2+c)*ch+i] = (top[i] + top[ch+i] + bottom[i] + bottom[ch+i]) * 0.25
			}
		}
	}
}

func halfPoolGradAddGeneric(dst, dy []float32, rows, cols, ch int) {
	for r := range rows {
		for c := range cols {
			out := dst[(r*cols+c)*ch:][:ch]
			for i, v := range dy[((r/2)*(cols/2)+c/2)*ch:][:ch] {
				out[i] += v * 0.25
			}
		}
	}
}
