package block

// PerImage multiplies each image of a batch by a factor of its own: drop path.
type PerImage struct {
	work    *Workspace
	size    int       // numbers of an image
	Factors []float32 // nil: the images stay as they are
	y, dx   []float32
}

// NewPerImage prepares factors for batches of images of size numbers.
func NewPerImage(w *Workspace, size int) *PerImage { return &PerImage{work: w, size: size} }

// Forward returns the products of n images x, valid until the next call.
func (b *PerImage) Forward(x []float32, n int) []float32 { return b.times(&b.y, x, n) }

// Backward returns the gradient of the images from that of the products, valid until
// the next call.
func (b *PerImage) Backward(dy []float32, n int) []float32 { return b.times(&b.dx, dy, n) }

func (b *PerImage) times(dst *[]float32, x []float32, n int) []float32 {
	if b.Factors == nil {
		return x
	}
	reserve(dst, len(x))
	b.work.images(n, func(_ *scratch, i int) {
		out := (*dst)[i*b.size:][:b.size]
		for j, v := range x[i*b.size:][:b.size] {
			out[j] = b.Factors[i] * v
		}
	})
	return *dst
}
