package weights_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"cellnet/weights"
)

// text pickles a short text.
func text(s string) string {
	return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}

// floats pickles a tensor of two elements in the storage "0".
const floats = "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x02tQK\x00K\x02\x85K\x01\x85\x89}tR"

// module pickles an instance of a class that is not known, with the fields of
// PyTorch's modules; each of the three is pickled keys and values.
func module(parameters, buffers, modules string) string {
	return "cmodels\nNet\n)\x81}(" + text("training") + "\x88" + text("_parameters") + "}(" + parameters + "u" + text("_buffers") + "}(" + buffers + "u" +
		text("_non_persistent_buffers_set") + "c__builtin__\nset\n]" + text("scratch") + "a\x85R" + text("_modules") + "}(" + modules + "uub"
}

// nestedModules is a module within modules, each of which holds the next twice.
func nestedModules(depth int) string {
	inner := module(text("w")+floats, "", "")
	for i := range depth {
		put := fmt.Sprintf("r%s", binary.LittleEndian.AppendUint32(nil, uint32(i)))
		get := fmt.Sprintf("j%s", binary.LittleEndian.AppendUint32(nil, uint32(i)))
		inner = module("", "", text("a")+inner+put+text("b")+get)
	}
	return inner
}

func TestWholeModules(t *testing.T) {
	inner := module(text("weight")+floats+text("bias")+"N", text("mean")+floats+text("scratch")+floats, "")
	for _, c := range []struct{ name, pickle, want string }{
		{"alone", inner, "weight mean"},
		{"within another", module("", "", text("conv")+inner+text("none")+"N"), "conv.weight conv.mean"},
		{"wrapped", module("", "", text("module")+module(text("stem.0.weight")+floats, "", "")), "stem.0.weight"},
		{"in a dict", "}(" + text("model") + inner + text("epoch") + "K\x01u", "weight mean"},
		{"without tensors", module("", "", ""), ""},
		{"within itself", "cmodels\nNet\n)\x81q\x00}(" + text("_parameters") + "}" + text("_buffers") + "}" + text("_modules") + "}" + text("a") + "h\x00sub", ""},
	} {
		f, err := openBytes([]byte("\x80\x02" + c.pickle + "."))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for _, n := range f.Networks() {
			for _, tensor := range n.Tensors {
				got = append(got, tensor.Name)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// FuzzModules opens pickles of instances and of whole modules. What they hold again
// and again must not take more memory than other files' contents.
func FuzzModules(f *testing.F) {
	for _, s := range []string{
		module(text("weight")+floats, text("mean")+floats, ""), nestedModules(3), nestedModules(30), "cargparse\nNamespace\n)\x81}" + text("a") + "K\x01sb",
		"(im\nc\n", "(cm\nc\nK\x01o", "cm\nc\n)}" + text("a") + "Ns\x92", "}(" + text("net") + "}" + text("stem.0.weight") + floats + "s" + text("x") + "cm\nc\n)Ru",
		"](}" + text("w") + floats + "sK\x01e",
	} {
		f.Add([]byte("\x80\x04" + s + "."))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var file *weights.File
		var err error
		if got, limit := allocated(func() { file, err = openBytes(data) }), 256*len(data)+16<<20; got > limit {
			t.Errorf("%d bytes allocate %d (error %v)", len(data), got, err)
		}
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of several lines: %v", err)
			}
			return
		}
		for _, n := range file.Networks() {
			n.Load()
		}
		for _, name := range file.Entries() {
			file.Entry(name)
		}
	})
}
