package block

// weightSums adds up gradients of weights: a batch is divided into chunks of
// images, worked on in parallel, each of which has sums of its own; in the end
// these are added in order. Many chunks keep all processors at work to the end,
// few cost less where there are many weights.
type weightSums struct {
	work   *Workspace
	images int // of a chunk
	size   int // numbers of a chunk's sums
}

// newWeightSums divides a batch of side x side images: the smaller they are, the
// more weights there are, but with chunks of more than 16 images a usual batch
// keeps few processors at work.
func newWeightSums(w *Workspace, side, size int) weightSums {
	return weightSums{work: w, images: max(1, min(16, 256/side)), size: size}
}

// each calls f for all chunks of n images, in parallel, with count images from
// number from on and the sums to add to, which begin as zero. It returns the
// sums of the batch, valid until the next call.
func (g weightSums) each(n int, f func(s *scratch, sums []float32, from, count int)) []float32 {
	chunks := (n + g.images - 1) / g.images
	all := g.work.shared(useGrad, chunks*g.size)
	g.work.images(chunks, func(s *scratch, chunk int) {
		mine := all[chunk*g.size:][:g.size]
		clear(mine)
		from := chunk * g.images
		f(s, mine, from, min(g.images, n-from))
	})
	g.addUp(all, chunks)
	return all[:g.size]
}

// addUp adds the sums of all chunks into the first.
func (g weightSums) addUp(all []float32, chunks int) {
	const piece = 4096
	g.work.images((g.size+piece-1)/piece, func(_ *scratch, p int) {
		from, to := p*piece, min((p+1)*piece, g.size)
		total := all[from:to]
		for chunk := 1; chunk < chunks; chunk++ {
			for i, v := range all[chunk*g.size+from : chunk*g.size+to] {
				total[i] += v
			}
		}
	})
}
