package weights_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cellnet/internal/fixture"
	"cellnet/internal/pickle"
	"cellnet/weights"
)

// TestRoundTrip goes from legacy to zip to safetensors to legacy.
func TestRoundTrip(t *testing.T) {
	states := map[string]*weights.StateDict{"every type": everyType()}
	for name, path := range map[string]string{
		"readme":    "fixtures/nets/readme/weights.pth",
		"parameter": "fixtures/bench/parameter/parameter.pth",
	} {
		if _, err := os.Stat(fixture.Shared(t, path)); err == nil {
			states[name] = load(t, openShared(t, path), weights.Selector{})
		}
	}
	for name, want := range states {
		var first []byte
		for i, format := range []weights.Format{weights.Legacy, weights.Zip, weights.Safetensors, weights.Legacy} {
			data := encode(t, format, want)
			if again := encode(t, format, want); !bytes.Equal(data, again) {
				t.Errorf("%s: written as %v twice, the bytes differ", name, format)
			}
			f, err := openBytes(data)
			if err != nil {
				t.Fatalf("%s as %v: %v", name, format, err)
			}
			got := load(t, f, weights.Selector{})
			if d := different(want, got); d != "" || f.Format != format {
				t.Errorf("%s as %v, read as %v: %s", name, format, f.Format, d)
			}
			want = got
			if i == 0 {
				first = data
			} else if format == weights.Legacy && !bytes.Equal(first, data) {
				t.Errorf("%s: the second legacy file differs from the first", name)
			}
		}
	}
}

func TestDescriptionRoundTrip(t *testing.T) {
	for _, want := range []weights.Description{
		{Arch: "|nor_conv_3x3~0|", C: 8, N: 2, Classes: 7, Dataset: "cifar10", Seed: pointer(0), HP: 12},
		{Classes: 2, Dataset: "folder", DatasetInfo: `{"classes": 2}`},
		{Arch: "|none~0|", Seed: pointer(-3)},
		{Dataset: "cifar100"},
	} {
		for _, format := range []weights.Format{weights.Legacy, weights.Zip, weights.Safetensors} {
			f, err := openBytes(encode(t, format, everyType(), want.Entries()...))
			if err != nil {
				t.Fatal(err)
			}
			n, err := f.Select(weights.Selector{})
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(n.Description, want) {
				t.Errorf("%v: got %+v, want %+v", format, n.Description, want)
			}
			if d := different(everyType(), load(t, f, weights.Selector{})); d != "" {
				t.Errorf("%v: %s", format, d)
			}
			for _, e := range want.Entries() {
				if v, err := f.Entry(e.Name); err != nil || v != e.Value {
					t.Errorf("%v: entry %s is %#v, %v; want %#v", format, e.Name, v, err, e.Value)
				}
			}
		}
	}
}

func TestEntries(t *testing.T) {
	moments := new(weights.StateDict)
	moments.Set("stem.0.weight", weights.NewFloat32([]int{2}, []float32{1, -2}))
	entries := []weights.Entry{
		{"epoch", weights.Int(12)},
		{"big", weights.Int(math.MinInt64)},
		{"name", weights.Text("résumé")},
		{"rate", weights.Float(0.1)},
		{"done", weights.Flag(true)},
		{"latency", weights.None{}},
		{"history", weights.List{weights.Dict{{"loss", weights.Float(2.5)}, {"top1", weights.Int(3)}}, weights.List{}, weights.None{}}},
		{"single", weights.NewInt64(nil, []int64{7})},
		{"optimizer", moments},
	}
	for _, format := range []weights.Format{weights.Legacy, weights.Zip} {
		f, err := openBytes(encode(t, format, everyType(), entries...))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name)
			got, err := f.Entry(e.Name)
			if err != nil {
				t.Errorf("%v: %v", format, err)
				continue
			}
			if want, isState := e.Value.(*weights.StateDict); isState {
				if d := different(want, got.(*weights.StateDict)); d != "" {
					t.Errorf("%v: %s: %s", format, e.Name, d)
				}
			} else if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", e.Value) {
				t.Errorf("%v: %s is %#v, want %#v", format, e.Name, got, e.Value)
			}
		}
		if !reflect.DeepEqual(f.Entries(), names) {
			t.Errorf("%v: entries %v, want %v", format, f.Entries(), names)
		}
		if n, err := f.Select(weights.Selector{}); err != nil || n.Entry != "net_state_dict" {
			t.Errorf("%v: network %v, %v", format, n, err)
		}
		if _, err := f.Entry("missing"); err == nil {
			t.Errorf("%v: an entry that is not there", format)
		}
	}
}

// TestEntryOfState finds the state dict among what programs save.
func TestEntryOfState(t *testing.T) {
	state, other := everyType(), new(weights.StateDict)
	other.Set("x", weights.NewFloat32([]int{1}, []float32{1}))
	parallel := new(weights.StateDict)
	for name, tensor := range state.All() {
		parallel.Set("module."+name, tensor)
	}
	half := new(weights.StateDict)
	half.Set("module.x", weights.NewFloat32([]int{1}, []float32{1}))
	half.Set("y", weights.NewFloat32([]int{1}, []float32{1}))
	for _, c := range []struct {
		name    string
		dict    weights.Dict
		entries string // of the networks
		want    *weights.StateDict
	}{
		{"usual name", weights.Dict{{"ema", other}, {"state_dict", state}}, "state_dict", state},
		{"another usual name", weights.Dict{{"model", state}, {"optimizer", other}}, "model", state},
		{"unusual name", weights.Dict{{"epoch", weights.Int(1)}, {"mine", state}}, "mine", state},
		{"several", weights.Dict{{"model", state}, {"net", other}}, "model net", nil},
		{"of nn.DataParallel", weights.Dict{{"model", parallel}}, "model", state},
		{"with some names like that", weights.Dict{{"model", half}}, "model", half},
	} {
		entries := append(weights.Dict{}, c.dict...)
		// Write adds its own entry, which must not be found here.
		data := bytes.Replace(encode(t, weights.Legacy, new(weights.StateDict), entries...), []byte("net_state_dict"), []byte("empty_one_here"), 1)
		f, err := openBytes(data)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, n := range f.Networks() {
			names = append(names, n.Entry)
		}
		if got := strings.Join(names, " "); got != c.entries {
			t.Errorf("%s: entries %q, want %q", c.name, got, c.entries)
			continue
		}
		if c.want == nil {
			var selection *weights.SelectionError
			if _, err := f.Select(weights.Selector{}); !errors.As(err, &selection) || len(selection.Fitting) != 2 {
				t.Errorf("%s: error %v", c.name, err)
			}
			if d := different(other, load(t, f, weights.Selector{Entry: "net"})); d != "" {
				t.Errorf("%s: %s", c.name, d)
			}
		} else if d := different(c.want, load(t, f, weights.Selector{})); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestWriteErrors(t *testing.T) {
	odd := new(weights.StateDict)
	odd.Set("x", weights.Tensor{DType: weights.Float32, Shape: []int{2}, Data: make([]byte, 7)})
	unknown := new(weights.StateDict)
	unknown.Set("x", weights.Tensor{DType: 77, Shape: []int{1}, Data: make([]byte, 4)})
	broken := new(weights.StateDict)
	broken.Set("\xff", weights.NewFloat32(nil, []float32{1}))
	state := everyType()
	for _, c := range []struct {
		name, word string
		format     weights.Format
		state      *weights.StateDict
		entries    []weights.Entry
	}{
		{"too few bytes", "tensor x", weights.Zip, odd, nil},
		{"too few bytes in safetensors", "tensor x", weights.Safetensors, odd, nil},
		{"unknown type", "unknown type", weights.Legacy, unknown, nil},
		{"name that is no text", "UTF-8", weights.Zip, broken, nil},
		{"name that is no text in safetensors", "UTF-8", weights.Safetensors, broken, nil},
		{"format that is only read", "not written", weights.Bzip2Pickle, state, nil},
		{"two entries", "two entries a", weights.Zip, state, []weights.Entry{{"a", weights.Int(1)}, {"a", weights.Int(2)}}},
		{"entry in the network's place", "two entries net_state_dict", weights.Zip, state, []weights.Entry{{"net_state_dict", weights.Int(1)}}},
		{"two entries in safetensors", "two entries a", weights.Safetensors, state, []weights.Entry{{"a", weights.Int(1)}, {"a", weights.Int(2)}}},
		{"list in safetensors", "entry a", weights.Safetensors, state, []weights.Entry{{"a", weights.List{}}}},
		{"nil value", "nil value", weights.Zip, state, []weights.Entry{{"a", nil}}},
		{"nil value in a list", "nil value", weights.Zip, state, []weights.Entry{{"a", weights.List{nil}}}},
	} {
		if err := weights.Write(io.Discard, c.format, c.state, c.entries...); err == nil || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.word)
		}
	}
	path := filepath.Join(t.TempDir(), "out.pth")
	if err := weights.WriteFile(path, weights.Zip, odd); err == nil {
		t.Error("no error")
	}
	if left, _ := filepath.Glob(filepath.Dir(path) + "/*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := weights.WriteFile(path, weights.Zip, state); err != nil {
		t.Error(err)
	}
	if d := different(state, load(t, open(t, path), weights.Selector{})); d != "" {
		t.Error(d)
	}
}

// TestPyTorchReadsOurFiles has Python load files in both formats, also in the
// mode that reads nothing but tensors, into the reference network.
func TestPyTorchReadsOurFiles(t *testing.T) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import torch").Run(); err != nil {
		t.Skipf("no %s with PyTorch: %v", python, err)
	}
	dir := t.TempDir()
	args := []string{"testdata/check.py", fixture.Shared(t, "oracle"), fixture.Shared(t, "fixtures/nets/all-ops")}
	state := load(t, openShared(t, "fixtures/nets/all-ops/weights-zip.pth"), weights.Selector{})
	for _, format := range []weights.Format{weights.Legacy, weights.Zip} {
		path := filepath.Join(dir, format.String())
		if err := weights.WriteFile(path+".pth", format, state); err != nil {
			t.Fatal(err)
		}
		seed := 3
		entries := weights.Description{Arch: "|none~0|", Seed: &seed}.Entries()
		entries = append(entries, weights.Entry{"history", weights.List{weights.Int(-5), weights.None{}}}) // PyTorch 1.13 takes no floats in that mode
		if err := weights.WriteFile(path+"-entries.pth", format, state, entries...); err != nil {
			t.Fatal(err)
		}
		if err := weights.WriteFile(path+"-types.pth", format, everyType()); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	if out, err := exec.Command(python, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestRecipeByKey opens results whose trials don't tell their epochs.
func TestRecipeByKey(t *testing.T) {
	tensor := &pickle.Tensor{Storage: &pickle.Storage{Len: 1, Data: make([]byte, 4)}, Shape: []int{1}, Stride: []int{1}}
	for key, want := range map[string]int{"less": 12, "full": 200, "01": 1, "12": 12, "90": 90, "200": 200} {
		inner, trial, trials, results, recipes := new(pickle.Dict), new(pickle.Dict), new(pickle.Dict), new(pickle.Dict), new(pickle.Dict)
		inner.Set("a", tensor)
		trial.Set("net_state_dict", inner)
		trials.Set(pickle.NewTuple("cifar10", 777), trial)
		results.Set("all_results", trials)
		recipes.Set(key, results)
		var out bytes.Buffer
		if err := pickle.NewWriter(&out, pickle.Protocol4).Write(recipes); err != nil {
			t.Fatal(err)
		}
		f, err := openBytes(out.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		n, err := f.Select(weights.Selector{HP: want, Dataset: "cifar10", Seed: pointer(777)})
		if err != nil || f.Format != weights.Pickle || n.HP != want {
			t.Errorf("key %s: %v, format %v; want hp %d", key, err, f.Format, want)
		}
	}
}
