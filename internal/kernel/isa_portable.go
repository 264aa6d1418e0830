//go:build !amd64 || purego

package kernel

func supported(ISA) bool { return false }

func (k *Kernels) conv(a *convArgs) { convGeneric(a) }

func (k *Kernels) weightGrad(a *weightGradArgs) { weightGradGeneric(a) }

func (k *Kernels) depthwise(a *depthwiseArgs) { depthwiseGeneric(a) }

func (k *Kernels) depthwiseWeightGrad(a *depthwiseArgs) { depthwiseWeightGradGeneric(a) }

func (k *Kernels) maxPool(a *depthwiseArgs) { maxPoolGeneric(a) }

func (k *Kernels) affineSum(a *affineArgs) { affineSumGeneric(a) }

func (k *Kernels) reluCopy(dst Plane, src []float32, rows, cols, ch int) {
	reluCopyGeneric(dst, src, rows, cols, ch)
}

func (k *Kernels) moments(sum, squares, x, pivot []float32, pixels, ch int) {
	momentsGeneric(sum, squares, x, pivot, pixels, ch)
}

func (k *Kernels) gradSums(sum, dot, dy, z, mean []float32, pixels, ch int) {
	gradSumsGeneric(sum, dot, dy, z, mean, pixels, ch)
}

func (k *Kernels) normGrad(a *normGradArgs) { normGradGeneric(a) }

func (k *Kernels) maskedSum(a *maskedSumArgs) { maskedSumGeneric(a) }

func (k *Kernels) avgPool(dst, src, work []float32, rows, cols, ch int, add bool) {
	avgPoolGeneric(dst, src, work, rows, cols, ch, add)
}

func (k *Kernels) avgPoolGrad(dst, dy, work []float32, rows, cols, ch int, add bool) {
	avgPoolGradGeneric(dst, dy, work, rows, cols, ch, add)
}

func (k *Kernels) halfPool(dst, src []float32, rows, cols, ch int) {
	halfPoolGeneric(dst, src, rows, cols, ch)
}

func (k *Kernels) halfPoolGradAdd(dst, dy []float32, rows, cols, ch int) {
	halfPoolGradAddGeneric(dst, dy, rows, cols, ch)
}

func (k *Kernels) positiveMean(a *positiveMeanArgs) { positiveMeanGeneric(a) }

func (k *Kernels) positiveMeanGrad(a *positiveMeanArgs) { positiveMeanGradGeneric(a) }

func (k *Kernels) winogradInput(a *winogradInputArgs) { winogradInputGeneric(a) }

func (k *Kernels) winogradOutput(a *winogradTileArgs) { winogradOutputGeneric(a) }

func (k *Kernels) winogradGrad(a *winogradTileArgs) { winogradGradGeneric(a) }

func (k *Kernels) winogradWeights(a *winogradWeightArgs) { winogradWeightsGeneric(a) }

func (k *Kernels) winogradWeightGrad(a *winogradWeightArgs) { winogradWeightGradGeneric(a) }

func (k *Kernels) addRows(dst, x, rows []float64) { addRowsGeneric(dst, x, rows, len(dst)) }

func (k *Kernels) gram(dst []float64, rows []float32, n, pitch, count int) {
	gramGeneric(dst, rows, n, pitch, count)
}

func (k *Kernels) positiveBits(dst []uint64, x []float32) { positiveBitsGeneric(dst, x) }

func (k *Kernels) peak(n int) (flops float64) { return peakGeneric(n) }
