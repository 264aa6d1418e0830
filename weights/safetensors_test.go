package weights_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"cellnet/weights"
)

// TestSafetensorsOfAnotherLibrary exchanges files with an independent reader
// and writer.
func TestSafetensorsOfAnotherLibrary(t *testing.T) {
	want := everyType()
	data := encode(t, weights.Safetensors, want, weights.Entry{Name: "arch", Value: weights.Text("|none~0|")})
	file, err := safetensors.Deserialize(data)
	if err != nil {
		t.Fatal(err)
	}
	if file.Len() != want.Len() {
		t.Errorf("%d tensors, want %d", file.Len(), want.Len())
	}
	views := map[string]view{}
	for name, tensor := range want.All() {
		got, ok := file.Tensor(name)
		if !ok || !bytes.Equal(got.Data(), tensor.Data) || len(got.Shape()) != len(tensor.Shape) {
			t.Errorf("%s: shape %v, found %v", name, got.Shape(), ok)
		}
		views[name] = view{got}
	}
	n, metadata, err := safetensors.ReadMetadata(data)
	if err != nil || metadata.Metadata()["arch"] != "|none~0|" || metadata.Metadata()["format"] != "pt" {
		t.Errorf("metadata %v, %v", metadata.Metadata(), err)
	}
	for name, info := range metadata.Tensors() {
		tensor, _ := want.Get(name)
		if (8+n+info.DataOffsets[0])%uint64(tensor.DType.Size()) != 0 {
			t.Errorf("%s is not aligned: it starts at %d", name, info.DataOffsets[0])
		}
	}

	theirs, err := safetensors.Serialize(views, map[string]string{"seed": "7"})
	if err != nil {
		t.Fatal(err)
	}
	f, err := openBytes(theirs)
	if err != nil {
		t.Fatal(err)
	}
	got := load(t, f, weights.Selector{Seed: pointer(7)})
	if got.Len() != want.Len() {
		t.Errorf("%d tensors, want %d", got.Len(), want.Len())
	}
	for name, tensor := range want.All() {
		x, _ := got.Get(name)
		if x.DType != tensor.DType || !slices.Equal(x.Shape, tensor.Shape) || !bytes.Equal(x.Data, tensor.Data) {
			t.Errorf("%s is %v %v, want %v %v, or its bytes differ", name, x.DType, x.Shape, tensor.DType, tensor.Shape)
		}
	}
}

// view lets the library write a tensor that it read, scalars included.
type view struct{ safetensors.TensorView }

func TestSafetensorsErrors(t *testing.T) {
	file := func(header string, data int) []byte {
		out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
		return append(append(out, header...), make([]byte, data)...)
	}
	const one = `"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	var format *weights.FormatError
	var unsupported *weights.UnsupportedError
	if _, err := openBytes(file(`{`+one+`}  `, 8)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, word string
		data       []byte
		as         any
	}{
		{"header longer than the file", "cut off", append(binary.LittleEndian.AppendUint64(nil, 1000), '{'), &format},
		{"header of 2^39 bytes", "cut off", append(binary.LittleEndian.AppendUint64(nil, 1<<39), '{'), &format},
		{"no JSON", "broken", file(`{hello}`, 0), &format},
		{"JSON that ends early", "broken", file(`{"a":{"dtype":"F32"`, 0), &format},
		{"text after it", "does not end", file(`{`+one+`} x`, 8), &format},
		{"tensor that is no object", "tensor a", file(`{"a":7}`, 0), &format},
		{"no shape", "lacks", file(`{"a":{"dtype":"F32","data_offsets":[0,8]}}`, 8), &format},
		{"no type", "lacks", file(`{"a":{"shape":[2],"data_offsets":[0,8]}}`, 8), &format},
		{"size that is no integer", "tensor a", file(`{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}`, 8), &format},
		{"negative size", "shape [-2]", file(`{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, 8), &format},
		{"overflowing size", "shape", file(`{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}`, 8), &format},
		{"other size than shape", "has 8 bytes", file(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8), &format},
		{"beyond the file", "at most 4 are free", file(`{`+one+`}`, 4), &format},
		{"bytes left over", "4 bytes follow", file(`{`+one+`}`, 12), &format},
		{"gap", "lies at 9", file(`{`+one+`,"b":{"dtype":"U8","shape":[1],"data_offsets":[9,10]}}`, 10), &format},
		{"overlap", "lies at 7", file(`{`+one+`,"b":{"dtype":"U8","shape":[2],"data_offsets":[7,9]}}`, 9), &format},
		{"end before start", "lies at 0 to -8", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,-8]}}`, 0), &format},
		{"two of one name", "two tensors", file(`{`+one+`,`+one+`}`, 8), &format},
		{"metadata that are no texts", "metadata a", file(`{"__metadata__":{"a":1}}`, 0), &format},
		{"metadata that are no object", "metadata", file(`{"__metadata__":[]}`, 0), &format},
		{"unknown type", "type F8_E4M3", file(`{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}`, 8), &unsupported},
		{"deep nesting", "broken", file(`{"a":`+strings.Repeat("[", 20000), 0), &format},
	} {
		_, err := openBytes(c.data)
		if !errors.As(err, c.as) || !strings.Contains(err.Error(), c.word) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %T %v, want one with %q", c.name, err, err, c.word)
		}
	}
	empty, err := openBytes(file(`{}`, 0))
	if err != nil || len(empty.Networks()) != 0 {
		t.Errorf("no tensors: %v", err)
	}
}
