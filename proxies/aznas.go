package proxies

import (
	"math"
	"slices"

	"cellnet/internal/kernel"
	"cellnet/internal/mt19937"
	"cellnet/models"

	"gonum.org/v1/gonum/mat"
)

// azNAS is what the scores of AZ-NAS are made of.
type azNAS struct {
	entropies parts // of the features of the stem and of each cell
	steps     parts // their differences
	train     parts // of each cell
	constant  bool  // the features of a block are all the same
	identity  bool  // a cell's gradient is what it is given
}

func newAZNAS(p *models.Parameters, o models.LayeredOptions, images []float32, signs *mt19937.Source, wantTrain bool, buffer func(int) []float32) (*azNAS, error) {
	k, err := kernel.Best()
	if err != nil {
		return nil, err
	}
	o.Norm, o.Trace = models.NormByBatch, nil
	net, err := models.NewLayered(p.WithOwnStatistics(), o)
	if err != nil {
		return nil, err
	}
	if err := net.Forward(images); err != nil {
		return nil, err
	}
	n := len(images) / (3 * o.Side * o.Side)
	cells := net.Blocks() - 1 // without the last norm
	a := new(azNAS)
	for i := range cells {
		e, ok := entropy(k, net.Output(i), n)
		a.constant = a.constant || !ok
		a.entropies = append(a.entropies, e)
		if i > 0 {
			a.steps = append(a.steps, e-a.entropies[i-1])
		}
	}
	if !wantTrain {
		return a, nil
	}
	for i := cells - 1; i > 0; i-- {
		out := net.Output(i)
		u := buffer(len(out.Numbers))
		drawSigns(u, out, n, signs)
		b, err := net.Through(i, u)
		if err != nil {
			return nil, err
		}
		in := net.Output(i - 1)
		if in.Side == out.Side && in.Channels == out.Channels && slices.Equal(b, u) {
			a.identity = true
		}
		s := singular(k, in, out, b, u, n)
		a.train = append(a.train, 2-s-1/(s+1e-6))
	}
	slices.Reverse(a.train)
	return a, nil
}

func (a *azNAS) expressivity() Score {
	if a.constant {
		return undefined("the features of a block are constant")
	}
	return Score{Value: a.entropies.sum()}
}

func (a *azNAS) progressivity() Score {
	if a.constant {
		return undefined("the features of a block are constant")
	}
	return Score{Value: slices.Min(a.steps)}
}

func (a *azNAS) trainability() Score {
	if a.identity {
		return undefined("a cell is the identity")
	}
	return Score{Value: a.train.sum() / float64(len(a.train))}
}

// drawSigns draws a sign for each number of a block's output, in NCHW order, into u.
func drawSigns(u []float32, o models.BlockOutput, images int, random *mt19937.Source) {
	pixels := o.Side * o.Side
	words := make([]uint32, o.Channels*pixels)
	for i := range images {
		image := u[i*pixels*o.Pitch:][:pixels*o.Pitch]
		random.Fill(words)
		if o.Channels < o.Pitch {
			clear(image)
		}
		// A line of the cache at a time.
		const line = 16
		for from := 0; from < pixels; from += line {
			for c := range o.Channels {
				of := words[c*pixels:][:pixels]
				of = of[from:min(from+line, pixels)]
				for j, word := range of {
					image[(from+j)*o.Pitch+c] = sign(word)
				}
			}
		}
	}
}

// sign is -1 for a word whose 24 bits of a uniform number are not below one half,
// else 1.
func sign(word uint32) float32 {
	const one = 0x3f800000
	return math.Float32frombits(one | word<<8&(1<<31))
}

// gram adds up, over pixels, what channels of a and b multiply to: for each
// channel of a pixel of a (tap by tap) a row of those of b.
func gram(k *kernel.Kernels, g *kernel.Conv, sums []float64, work []float32, a []float32, b kernel.Plane, pitch int) {
	clear(work)
	k.WeightGrad(g, work, a, b, pitch)
	for i, v := range work {
		sums[i] += float64(v)
	}
}

// entropy is that of the eigenvalues of the covariance of a block's channels over
// all images and pixels; false if they are all constant.
func entropy(k *kernel.Kernels, o models.BlockOutput, images int) (float64, bool) {
	pixels, rows := o.Side*o.Side, float64(images*o.Side*o.Side)
	size := pixels * o.Pitch
	means, zeros := make([]float64, o.Pitch), make([]float32, o.Pitch)
	sum, squares := make([]float32, o.Pitch), make([]float32, o.Pitch)
	for i := range images {
		k.Moments(sum, squares, o.Numbers[i*size:][:size], zeros, pixels, o.Pitch)
		for c, v := range sum {
			means[c] += float64(v) / rows
		}
	}
	shift := make([]float32, o.Pitch)
	for c, m := range means {
		shift[c] = float32(-m)
	}
	g := &kernel.Conv{Rows: o.Side, Cols: o.Side, In: o.Channels, InPixel: o.Pitch, InRow: o.Side * o.Pitch, Taps: []int{0}, OutPixel: o.Pitch, OutRow: o.Side * o.Pitch}
	sums, work, centred := make([]float64, o.Channels*o.Pitch), make([]float32, o.Channels*o.Pitch), make([]float32, size)
	for i := range images {
		k.AffineSum(centred, shift, []kernel.Term{{X: o.Numbers[i*size:][:size]}}, kernel.Plane{}, o.Side, o.Side, o.Pitch)
		gram(k, g, sums, work, centred, kernel.Dense(centred, o.Side, o.Pitch), o.Pitch)
	}
	m := mat.NewSymDense(o.Channels, nil)
	for i := range o.Channels {
		for j := i; j < o.Channels; j++ {
			// What rounding of the means leaves.
			left := (means[i] + float64(shift[i])) * (means[j] + float64(shift[j]))
			m.SetSym(i, j, sums[i*o.Pitch+j]/rows-left)
		}
	}
	values, ok := eigenvalues(m)
	if !ok {
		return 0, false
	}
	var total, e float64
	for i, v := range values {
		values[i] = math.Max(v, 0)
		total += values[i]
	}
	if total == 0 || math.IsNaN(total) {
		return 0, false
	}
	for _, v := range values {
		e -= v / total * math.Log(v/total+1e-8)
	}
	return e, true
}

// singular is the largest singular value of the covariance of a cell's gradients:
// b of its input, whose pixels are taken apart where it is larger, and u of its
// output.
func singular(k *kernel.Kernels, in, out models.BlockOutput, b, u []float32, images int) float64 {
	step := in.Side / out.Side
	g := &kernel.Conv{
		Rows: out.Side, Cols: out.Side, In: in.Channels, InPixel: step * in.Pitch, InRow: step * in.Side * in.Pitch,
		OutPixel: out.Pitch, OutRow: out.Side * out.Pitch,
	}
	for y := range step {
		for x := range step {
			g.Taps = append(g.Taps, (y*in.Side+x)*in.Pitch)
		}
	}
	rows := len(g.Taps) * in.Channels
	sums, work := make([]float64, rows*out.Pitch), make([]float32, rows*out.Pitch)
	inSize, outSize := in.Side*in.Side*in.Pitch, out.Side*out.Side*out.Pitch
	for i := range images {
		gram(k, g, sums, work, b[i*inSize:][:inSize], kernel.Dense(u[i*outSize:][:outSize], out.Side, out.Pitch), out.Pitch)
	}
	count := float64(images * out.Side * out.Side)
	m := mat.NewDense(rows, out.Channels, nil)
	for i := range rows {
		for j := range out.Channels {
			m.Set(i, j, sums[i*out.Pitch+j]/count)
		}
	}
	var square mat.SymDense
	square.SymOuterK(1, m.T())
	values, ok := eigenvalues(&square)
	if !ok {
		return math.NaN()
	}
	return math.Sqrt(math.Max(values[len(values)-1], 0))
}
