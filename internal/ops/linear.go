package ops

// linear is a fully connected layer, both in training and in evaluation.
type linear struct {
	in, classes  int
	x            []float32
	weight, bias []float32
	y, dx        []float32
	grads        [][]float32
}

func newLinear(capacity, in, classes int) *linear {
	return &linear{
		in: in, classes: classes, y: make([]float32, capacity*classes), dx: make([]float32, capacity*in),
		grads: [][]float32{make([]float32, classes*in), make([]float32, classes)},
	}
}

func (l *linear) load(params [][]float32) { l.weight, l.bias = params[0], params[1] }

func (l *linear) fold() {}

func (l *linear) forward(x []float32, n int) []float32 {
	l.x = x
	for i := range n {
		row := x[i*l.in:][:l.in]
		for k := range l.classes {
			sum := l.bias[k]
			for j, w := range l.weight[k*l.in:][:l.in] {
				sum += w * row[j]
			}
			l.y[i*l.classes+k] = sum
		}
	}
	clear(l.y[n*l.classes:])
	return l.y
}

func (l *linear) backward(dy []float32, n int) ([]float32, [][]float32) {
	dw, db := l.grads[0], l.grads[1]
	clear(dw)
	clear(db)
	clear(l.dx)
	for i := range n {
		row, dx := l.x[i*l.in:][:l.in], l.dx[i*l.in:][:l.in]
		for k, g := range dy[i*l.classes:][:l.classes] {
			db[k] += g
			dwk := dw[k*l.in:][:l.in]
			for j, w := range l.weight[k*l.in:][:l.in] {
				dwk[j] += g * row[j]
				dx[j] += g * w
			}
		}
	}
	return l.dx, l.grads
}
