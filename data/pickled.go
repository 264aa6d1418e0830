package data

import "cellnet/internal/pickle"

const imageNet16Side = 16

func decodeCIFAR10Pickle(content []byte) (*Images, error) {
	return decodePickle(content, "labels", cifarSide, 0, CIFAR10.Classes()-1)
}

// decodeCIFAR100Pickle takes the labels of the 100 fine classes.
func decodeCIFAR100Pickle(content []byte) (*Images, error) {
	return decodePickle(content, "fine_labels", cifarSide, 0, CIFAR100.Classes()-1)
}

// decodeImageNet16 reads one file of the 1000 classes of ImageNet, labelled from
// 1, and keeps the classes of ImageNet16-120.
func decodeImageNet16(content []byte) (*Images, error) {
	all, err := decodePickle(content, "labels", imageNet16Side, 1, 1000)
	if err != nil {
		return nil, err
	}
	return all.firstClasses(ImageNet16.Classes()), nil
}

// decodePickle reads a pickled dict: "data" is a uint8 array of N x 3*side*side,
// each row the red, green and blue plane of an image, and the entry labelKey a
// list of N labels from first to last. Python 2 and 3 write its strings as
// different types; both are read. The labels that are returned count from 0.
func decodePickle(content []byte, labelKey string, side, first, last int) (*Images, error) {
	value, err := pickle.Load(content)
	if err != nil {
		return nil, brokenf("%v", err)
	}
	dict, ok := value.(*pickle.Dict)
	if !ok {
		return nil, brokenf("the pickle holds no dict")
	}
	array, err := pickle.Field[*pickle.Array](dict, "data")
	if err != nil {
		return nil, brokenf("%v", err)
	}
	list, err := pickle.Field[*pickle.List](dict, labelKey)
	if err != nil {
		return nil, brokenf("%v", err)
	}
	pixels, err := rows(array, 3*side*side)
	if err != nil {
		return nil, err
	}
	if len(pixels) != list.Len() {
		return nil, brokenf("%d images with %d labels", len(pixels), list.Len())
	}
	labels := make([]int, len(pixels))
	for i, v := range *list {
		label, ok := pickle.Int(v)
		if !ok || label < first || label > last {
			return nil, brokenf("image %d has label %v, want %d to %d", i, v, first, last)
		}
		labels[i] = label - first
	}
	return &Images{side: side, pixels: pixels, labels: labels}, nil
}

// rows returns the rows of a uint8 matrix.
func rows(a *pickle.Array, width int) ([][]byte, error) {
	if a.Type != (pickle.ElementType{Kind: 'u', Size: 1}) || len(a.Shape) != 2 || a.Shape[1] != width {
		return nil, brokenf("data is an array of shape %v and type %v, want N x %d of type |u1", a.Shape, a.Type, width)
	}
	n, content := a.Shape[0], a.Data
	if a.Fortran {
		content = make([]byte, len(a.Data))
		for k, v := range a.Data {
			content[k%n*width+k/n] = v
		}
	}
	out := make([][]byte, n)
	for i := range out {
		out[i] = content[i*width : (i+1)*width : (i+1)*width]
	}
	return out, nil
}
