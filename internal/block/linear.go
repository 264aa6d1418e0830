package block

// Linear is a fully connected layer, both in training and in evaluation.
type Linear struct {
	Name         string // for the workspace's reader
	work         *Workspace
	in, classes  int
	Weight, Bias []float32 // [classes][in], [classes]
	x            []float32
	y, dx        []float32
	grad         LinearGrad
}

// LinearGrad holds the gradients of a [Linear]'s parameters.
type LinearGrad struct{ Weight, Bias []float32 }

// NewLinear prepares a layer from in numbers to classes ones.
func NewLinear(w *Workspace, capacity, in, classes int) *Linear {
	return &Linear{
		work: w, in: in, classes: classes, y: make([]float32, capacity*classes), dx: make([]float32, capacity*in),
		grad: LinearGrad{make([]float32, classes*in), make([]float32, classes)},
	}
}

// Forward computes [n][classes] of n images x, which are valid until the next
// call; those of images beyond n are zero.
func (l *Linear) Forward(x []float32, n int) []float32 {
	l.x = x
	for i := range n {
		row := x[i*l.in:][:l.in]
		for k := range l.classes {
			sum := l.Bias[k]
			for j, w := range l.Weight[k*l.in:][:l.in] {
				sum += w * row[j]
			}
			l.y[i*l.classes+k] = sum
		}
	}
	clear(l.y[n*l.classes:])
	l.show(n, nil)
	return l.y
}

// Backward computes the gradients of the last Forward from that of its output:
// the input's and the parameters'. They are valid until the next call.
func (l *Linear) Backward(dy []float32, n int) ([]float32, LinearGrad) {
	dw, db := l.grad.Weight, l.grad.Bias
	if !l.work.InputsOnly {
		clear(dw)
		clear(db)
	}
	clear(l.dx)
	for i := range n {
		row, dx := l.x[i*l.in:][:l.in], l.dx[i*l.in:][:l.in]
		for k, g := range dy[i*l.classes:][:l.classes] {
			for j, w := range l.Weight[k*l.in:][:l.in] {
				dx[j] += g * w
			}
			if l.work.InputsOnly {
				continue
			}
			db[k] += g
			dwk := dw[k*l.in:][:l.in]
			for j, v := range row {
				dwk[j] += g * v
			}
		}
	}
	l.show(n, dy)
	return l.dx, l.grad
}
