package archtable

import (
	"fmt"
	"io"
	"math"
	"slices"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/pickle"
)

// hwSpace is the entry of HW-NAS-Bench's pickle for the topology space; the other
// one, fbnet, is of networks of another kind.
const hwSpace = "nasbench201"

// readPickle reads HW-NAS-Bench's pickle: a dict of search spaces, of datasets, and
// of lists with a number for each architecture. The two outer dicts may be missing.
func readPickle(r io.ReaderAt, size int64, d data.Dataset) (*Table, error) {
	packed := make([]byte, size)
	if n, err := r.ReadAt(packed, 0); n < len(packed) {
		return nil, err
	}
	root, err := pickle.Load(packed)
	if err != nil {
		return nil, err
	}
	metrics, ok := root.(*pickle.Dict)
	if !ok {
		return nil, fmt.Errorf("the pickle is a %s, want HW-NAS-Bench's dict", pickle.TypeName(root))
	}
	if inner, err := pickle.Field[*pickle.Dict](metrics, hwSpace); err == nil {
		metrics = inner
	}
	if metrics, err = ofDataset(metrics, d); err != nil {
		return nil, err
	}
	t := &Table{Space: cell.Topology, Named: true}
	for key, v := range metrics.All() {
		name, isText := key.(string)
		if values, ok := numbers(v); ok && isText {
			t.Columns = append(t.Columns, Column{name, values})
		}
	}
	if len(t.Columns) == 0 {
		return nil, fmt.Errorf("no list of %d numbers is in it: want HW-NAS-Bench's pickle", cell.SpaceSize)
	}
	return t, nil
}

// ofDataset gives the entry of a dataset, of half of CIFAR-10 that of CIFAR-10, if
// the dict has entries of datasets.
func ofDataset(metrics *pickle.Dict, d data.Dataset) (*pickle.Dict, error) {
	if d == data.CIFAR10Valid || d == 0 {
		d = data.CIFAR10
	}
	if inner, err := pickle.Field[*pickle.Dict](metrics, d.String()); err == nil {
		return inner, nil
	}
	for _, other := range data.Datasets() {
		if _, ok := metrics.Get(other.String()); ok {
			return nil, fmt.Errorf("it has numbers of %v, but none of %v", other, d)
		}
	}
	return metrics, nil
}

// numbers gives the numbers of a list, or of an array, of all architectures.
func numbers(v any) (map[int]float64, bool) {
	var items []any
	switch v := v.(type) {
	case *pickle.List:
		items = *v
	case *pickle.Tuple:
		items = *v
	case *pickle.Array:
		if len(v.Shape) == 1 && v.Shape[0] == cell.SpaceSize && v.Type.Size > 0 {
			for data := range slices.Chunk(v.Data, v.Type.Size) {
				items = append(items, pickle.Scalar{Type: v.Type, Data: data})
			}
		}
	}
	if len(items) != cell.SpaceSize {
		return nil, false
	}
	values := make(map[int]float64, len(items))
	for i, item := range items {
		x, ok := pickle.Float(item)
		if !ok && item != nil {
			return nil, false
		}
		if ok && !math.IsNaN(x) && x >= 0 { // -1 where a device can't run the network
			values[i] = x
		}
	}
	return values, true
}
