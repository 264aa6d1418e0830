package twocell

// Form is the kind of a layer's convolution.
type Form uint8

// The forms of layers.
const (
	Dense     Form = iota // one convolution
	Separable             // a convolution of each channel, then a 1x1 convolution
	// Projected is two 1x1 convolutions of stride 2 side by side, the second of
	// the image moved by one pixel to the upper left.
	Projected
)

// Layer is a ReLU, a convolution without bias and a batch norm.
type Layer struct {
	Form                   Form
	Prefix                 string // of its tensors' names, such as "op_a.op."
	In, Out                int    // channels
	Size, Stride, Dilation int    // of the kernel; padded so that stride 1 keeps the side
}

// Weight is the weights of one of a layer's convolutions.
type Weight struct {
	Name  string // without the layer's prefix, such as "1.weight"
	Shape []int  // OIHW
}

// Weights lists the convolutions' weights in the order of the state dict.
func (l Layer) Weights() []Weight {
	switch l.Form {
	case Separable:
		return []Weight{{"1.weight", []int{l.In, 1, l.Size, l.Size}}, {"2.weight", []int{l.Out, l.In, 1, 1}}}
	case Projected:
		first := l.Out / 2
		return []Weight{{"convs.0.weight", []int{first, l.In, 1, 1}}, {"convs.1.weight", []int{l.Out - first, l.In, 1, 1}}}
	default:
		return []Weight{{"1.weight", []int{l.Out, l.In, l.Size, l.Size}}}
	}
}

// Norm is the name of the batch norm without the layer's prefix.
func (l Layer) Norm() string {
	switch l.Form {
	case Separable:
		return "3"
	case Projected:
		return "bn"
	default:
		return "2"
	}
}

// Preprocess are the layers that bring the inputs 0 and 1 to the cell's width.
func (c Inner) Preprocess() [2]Layer {
	older, newer := point(c.Before, c.Width), point(c.Last, c.Width)
	if c.Reduced {
		older = projection(c.Before, c.Width)
	}
	return [2]Layer{older, newer}
}

func point(in, out int) Layer {
	return Layer{Form: Dense, Prefix: "op.", In: in, Out: out, Size: 1, Stride: 1, Dilation: 1}
}

func projection(in, out int) Layer {
	return Layer{Form: Projected, In: in, Out: out, Size: 1, Stride: 2, Dilation: 1}
}

// Layers lists the layers of an operation on a value of the cell, none if it
// has no parameters.
func (c Inner) Layers(op Op, m Module) []Layer {
	w, size, stride := c.Width, op.Size(), c.Stride(m)
	switch op.Kind() {
	case Skip:
		if stride > 1 {
			return []Layer{projection(w, w)}
		}
	case Convolution:
		return []Layer{{Dense, "op.", w, w, size, stride, 1}}
	case DualSeparable:
		return []Layer{{Separable, "op_a.op.", w, w, size, stride, 1}, {Separable, "op_b.op.", w, w, size, 1, 1}}
	case DilatedSeparable:
		return []Layer{{Separable, "op.", w, w, size, stride, 2}}
	}
	return nil
}

// AllLayers lists the cell's layers in the order of the state dict: those of the
// preprocessing, then those of the modules.
func (c Inner) AllLayers() []Layer {
	preprocess := c.Preprocess()
	list := preprocess[:]
	for _, m := range c.Modules() {
		list = append(list, c.Layers(m.Op, m)...)
	}
	return list
}

// InputSide is the side of an input's images before the preprocessing, where
// those of input 1 have the given side.
func (c Inner) InputSide(side, input int) int {
	if input == 0 && c.Reduced {
		return 2 * side
	}
	return side
}

// ValueSide is the side of a value's images, where those of input 1 have the
// given side.
func (c Inner) ValueSide(side, value int) int {
	if c.Reduces && value >= inputs {
		return side / 2
	}
	return side
}

// ResultSide is the side of the result's images, where those of input 1 have the
// given side.
func (c Inner) ResultSide(side int) int { return c.ValueSide(side, c.Len()-1) }
