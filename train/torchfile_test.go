package train

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"cellnet/cell"
	"cellnet/internal/pickle"
	"cellnet/internal/torchfile"
	"cellnet/weights"
)

// torchDict is a dictionary in a file of torch.save.
type torchDict struct {
	file *torchfile.File
	dict *pickle.Dict
}

func readTorch(t testing.TB, name string) torchDict {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file, err := torchfile.Open(f, info.Size())
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	dict, ok := file.Value.(*pickle.Dict)
	if !ok {
		t.Fatalf("%s: a %T, want a dict", name, file.Value)
	}
	return torchDict{file, dict}
}

func (d torchDict) sub(t testing.TB, name string) torchDict {
	t.Helper()
	dict, err := pickle.Field[*pickle.Dict](d.dict, name)
	if err != nil {
		t.Fatal(err)
	}
	return torchDict{d.file, dict}
}

func (d torchDict) tensor(t testing.TB, name string) weights.Tensor {
	t.Helper()
	tensor, err := pickle.Field[*pickle.Tensor](d.dict, name)
	if err != nil {
		t.Fatal(err)
	}
	storage, err := d.file.Data(tensor.Storage)
	if err != nil {
		t.Fatal(err)
	}
	data, err := tensor.Bytes(storage)
	if err != nil {
		t.Fatal(err)
	}
	types := map[pickle.StorageType]weights.DType{
		pickle.FloatStorage: weights.Float32, pickle.DoubleStorage: weights.Float64, pickle.LongStorage: weights.Int64,
	}
	return weights.Tensor{DType: types[tensor.Storage.Type], Shape: tensor.Shape, Data: data}
}

func (d torchDict) floats(t testing.TB, name string) []float32 {
	t.Helper()
	return floatsOf(t, d.tensor(t, name))
}

func (d torchDict) labels(t testing.TB, name string) []int {
	t.Helper()
	numbers, err := d.tensor(t, name).Int64s()
	if err != nil {
		t.Fatal(err)
	}
	labels := make([]int, len(numbers))
	for i, n := range numbers {
		labels[i] = int(n)
	}
	return labels
}

func (d torchDict) state(t testing.TB) *weights.StateDict {
	t.Helper()
	s := new(weights.StateDict)
	for name := range d.dict.All() {
		s.Set(fmt.Sprint(name), d.tensor(t, fmt.Sprint(name)))
	}
	return s
}

func floatsOf(t testing.TB, tensor weights.Tensor) []float32 {
	t.Helper()
	numbers, err := tensor.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	return numbers
}

func readArch(t testing.TB, file string) (config cell.Network, side int) {
	t.Helper()
	var record struct {
		Arch    cell.Cell
		C, N    int
		Classes int
		Side    int
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &record); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return network(t, record.Arch, record.C, record.N, record.Classes), record.Side
}
