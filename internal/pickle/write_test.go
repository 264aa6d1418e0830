package pickle_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os/exec"
	"strings"
	"testing"

	"cellnet/internal/pickle"
	"cellnet/internal/pickle/pickletest"
)

var protocols = []int{pickle.Protocol2, pickle.Protocol4}

func write(t *testing.T, v any, protocol int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := pickle.NewWriter(&out, protocol).Write(v); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestWrittenSamples writes what was read from samples; the package and, where
// it is there, Python must read the same from it.
func TestWrittenSamples(t *testing.T) {
	var forPython strings.Builder
	var want []string
	for _, s := range samples(t) {
		v, err := pickle.Load(s.Pickle)
		if err != nil {
			t.Fatal(err)
		}
		for _, protocol := range protocols {
			data := write(t, v, protocol)
			again, err := pickle.Load(data)
			if err != nil {
				t.Errorf("%s, protocol %d: %v", s.Name, protocol, err)
			} else if got := text(again); got != s.Want {
				t.Errorf("%s, protocol %d:\n got %s\nwant %s", s.Name, protocol, got, s.Want)
			}
			fmt.Fprintln(&forPython, base64.StdEncoding.EncodeToString(data))
			want = append(want, s.Want)
		}
	}
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import numpy").Run(); err != nil {
		t.Skipf("no %s with NumPy: %v", python, err)
	}
	var complaint bytes.Buffer
	script := exec.Command(python, "testdata/pickles.py", "read")
	script.Stdin, script.Stderr = strings.NewReader(forPython.String()), &complaint
	out, err := script.Output()
	got := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if err != nil || len(got) != len(want) {
		t.Fatalf("pickles.py: %v after %d of %d\n%s", err, len(got), len(want), complaint.String())
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("Python reads\n     %s\nwant %s", got[i], want[i])
		}
	}
}

func TestIntegers(t *testing.T) {
	one := big.NewInt(1)
	for bits := range 70 {
		for _, sign := range []int64{1, -1} {
			for delta := int64(-1); delta <= 1; delta++ {
				n := new(big.Int).Lsh(one, uint(bits))
				n.Mul(n.Add(n, big.NewInt(delta)), big.NewInt(sign))
				var v any = n
				if n.IsInt64() {
					v = int(n.Int64())
				}
				got, err := pickle.Load(write(t, v, pickle.Protocol2))
				if err != nil || pickletest.Dump(got) != "i"+n.String() {
					t.Errorf("%v became %v, %v", n, got, err)
				}
			}
		}
	}
}

func TestLazyDict(t *testing.T) {
	const n = 2500
	shared := pickle.NewList(1)
	lazy := pickle.LazyDict{Ordered: true, Entries: func(yield func(any, any) bool) {
		for i := range n {
			if !yield(i, pickle.NewTuple("name", shared, shared)) {
				return
			}
		}
	}}
	plain := &pickle.Dict{Ordered: true}
	for i := range n {
		plain.Set(i, pickle.NewTuple("name", shared, shared))
	}
	for _, protocol := range protocols {
		v, err := pickle.Load(write(t, pickle.NewTuple(lazy), protocol))
		if err != nil {
			t.Fatal(err)
		}
		dict := v.(*pickle.Tuple).Get(0).(*pickle.Dict)
		if pickletest.Dump(dict) != pickletest.Dump(plain) {
			t.Errorf("protocol %d: the lazy dict reads as %.200s", protocol, pickletest.Dump(dict))
		}
		item, _ := dict.Get(1234)
		if pair := *item.(*pickle.Tuple); pair[1] != pair[2] {
			t.Errorf("protocol %d: one list became two", protocol)
		}
	}
}

func TestWriteSharesObjects(t *testing.T) {
	list := pickle.NewList()
	list.Append(list)
	dict := new(pickle.Dict)
	dict.Set("list", list)
	dict.Set("self", dict)
	for _, protocol := range protocols {
		v, err := pickle.Load(write(t, dict, protocol))
		if err != nil {
			t.Fatal(err)
		}
		got := v.(*pickle.Dict)
		self, _ := got.Get("self")
		inner, _ := got.Get("list")
		if self != any(got) || (*inner.(*pickle.List))[0] != inner {
			t.Errorf("protocol %d: references were lost", protocol)
		}
	}
	text := strings.Repeat("x", 200)
	if n := len(write(t, pickle.NewList(text, text, text), pickle.Protocol2)); n > 250 {
		t.Errorf("three equal strings of 200 bytes take %d", n)
	}
}

func TestWriteErrors(t *testing.T) {
	deep := pickle.NewList()
	for range 300 {
		deep = pickle.NewList(deep)
	}
	tuple := pickle.NewTuple(nil)
	(*tuple)[0] = tuple
	var none *pickle.Dict
	for _, c := range []struct {
		name, word string
		value      any
		protocol   int
	}{
		{"Go type", "int32", int32(1), 2},
		{"text that is no UTF-8", "UTF-8", "\xff", 2},
		{"nil pointer", "nil *pickle.Dict", pickle.NewList(none), 2},
		{"deep tree", "200 levels", deep, 2},
		{"tuple of itself", "200 levels", tuple, 4},
		{"huge integer", "integer", new(big.Int).Lsh(big.NewInt(1), 4000), 2},
		{"unknown protocol", "protocol 3", nil, 3},
		{"storage without data", "0 bytes", &pickle.Storage{Len: 3}, 2},
	} {
		err := pickle.NewWriter(io.Discard, c.protocol).Write(c.value)
		if err == nil || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.word)
		}
	}
	full := errors.New("disk full")
	w := writerFunc(func([]byte) (int, error) { return 0, full })
	if err := pickle.NewWriter(w, 2).Write(pickle.NewList(make([]byte, 1<<20))); !errors.Is(err, full) {
		t.Errorf("error %v, want %v", err, full)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
