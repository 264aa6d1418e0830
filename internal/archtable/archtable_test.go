package archtable

import (
	"bytes"
	"compress/gzip"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/pickle"

	"github.com/parquet-go/parquet-go"
)

func write(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func packed(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const (
	eleven = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|"
	twelve = "|none~0|+|none~0|none~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|"
)

func TestCSV(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"index", "index,ms,word,mJ\n11,1.5,a,\n12,2.5,b,nan\n"},
		{"index of floats, in another place", "ms,arch_index\n1.5,11.0\n2.5,12.0\n"},
		{"pandas' own index", ",ms\n11,1.5\n12,2.5\n"},
		{"arch strings", "arch,ms\n" + eleven + ",1.5\n" + twelve + ",2.5\n"},
		{"other spellings, semicolons, a mark and CRLF", "\ufeffarch;ms\r\nnaslib:2,2,1,4,2,4;1.5\r\n" + twelve + ";2.5\r\n"},
		{"tabs and a comment", "# of a device\nArch\tms\n11\t1.5\n12\t2.5\n"},
		{"index and arch", "arch,index,ms\nx,11,1.5\ny,12,2.5\n"},
	} {
		for _, text := range []string{c.text, packed(t, c.text)} {
			table, err := Open(write(t, []byte(text)), data.CIFAR10)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			column, ok := table.Column("ms")
			if !ok || len(table.Columns) != 1 {
				t.Errorf("%s: columns %v", c.name, table.Names())
				continue
			}
			for index, want := range map[int]float64{11: 1.5, 12: 2.5} {
				if v, ok := column.At(index); !ok || v != want {
					t.Errorf("%s: architecture %d has %v, %v", c.name, index, v, ok)
				}
			}
			if _, ok := column.At(13); ok {
				t.Errorf("%s: architecture 13 is there", c.name)
			}
			if notes := len(table.Notes) > 0; notes != strings.Contains(c.text, "word") {
				t.Errorf("%s: notes %q", c.name, table.Notes)
			}
		}
	}
	table, err := Open(write(t, []byte("arch,ms\n8:8:40:32:40,3\n")), data.CIFAR10)
	if err != nil || !table.Named || table.Space != cell.Size {
		t.Errorf("widths: %+v, %v", table, err)
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "the file is empty",
		"name,ms\na,1\n":               "none of its columns is called index or arch: name, ms",
		"index,ms\n11,1\n11,2\n":       "line 3: architecture 11 is there twice",
		"index,ms\n1.5,1\n":            `line 2: "1.5" is no index`,
		"index,ms\n-1,1\n":             "is no index",
		"index,ms\n11,1,2\n":           "wrong number of fields",
		"index,word\n11,a\n":           "none of its columns holds numbers",
		"index,ms,ms\n11,1,2\n":        `two columns "ms"`,
		"arch,ms\n|none~0|,1\n":        "not one of the architectures",
		"arch,ms\nthing,1\n":           "unknown cell",
		"arch,ms\n11,1\n8:8:8:8:8,2\n": "of another space",
		"<!DOCTYPE html>":              "HTML page",
		"PAR1":                         "reading columns of",
		"PAR1\x00\x00\x00\x00\xff\x00\x00\x00PAR1": "reading columns of",
		"\x80\x04N.":   "the pickle is a None",
		"\x80\x04}.":   "no list of 15625 numbers",
		"\x1f\x8b\x08": "reading columns of",
	} {
		table, err := Open(write(t, []byte(text)), data.CIFAR10)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 600 {
			t.Errorf("%q: %v, %v, want %s", text, table, err, want)
		}
	}
}

func TestParquet(t *testing.T) {
	type row struct {
		Arch  string   `parquet:"arch"`
		MS    float64  `parquet:"ms"`
		MJ    *float32 `parquet:"mJ,optional"`
		Count int32    `parquet:"count"`
		Fits  bool     `parquet:"fits"`
		Word  string   `parquet:"word"`
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[row](&out)
	energy := float32(0.5)
	if _, err := w.Write([]row{{eleven, 1.5, &energy, 3, true, "a"}, {twelve, 2.5, nil, 4, false, "b"}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	table, err := Open(write(t, out.Bytes()), data.CIFAR10)
	if err != nil {
		t.Fatal(err)
	}
	names := table.Names()
	slices.Sort(names)
	if !slices.Equal(names, []string{"count", "fits", "mJ", "ms"}) {
		t.Fatalf("columns %v", names)
	}
	for name, want := range map[string][2]float64{"ms": {1.5, 2.5}, "mJ": {0.5, math.NaN()}, "count": {3, 4}, "fits": {1, 0}} {
		column, _ := table.Column(name)
		for i, index := range []int{11, 12} {
			if v, ok := column.At(index); ok == math.IsNaN(want[i]) || ok && v != want[i] {
				t.Errorf("%s of architecture %d: %v, %v", name, index, v, ok)
			}
		}
	}
}

// hwPickle is a pickle like that of HW-NAS-Bench, in which the cost of architecture i
// is scale*i and architecture 5 can't be run.
func hwPickle(t *testing.T, array bool) []byte {
	t.Helper()
	costs := func(scale float64) any {
		list := new(pickle.List)
		for i := range cell.SpaceSize {
			v := scale * float64(i)
			if i == 5 {
				v = -1
			}
			if array {
				list.Append(pickle.Float64Scalar(v))
			} else {
				list.Append(v)
			}
		}
		return list
	}
	space := new(pickle.Dict)
	for i, d := range []data.Dataset{data.CIFAR10, data.CIFAR100} {
		of := new(pickle.Dict)
		config := new(pickle.List)
		for range cell.SpaceSize {
			config.Append("config")
		}
		of.Set("config", config)
		of.Set("raspi4_latency", costs(float64(i+1)))
		of.Set("few", pickle.NewList(1.0))
		space.Set(d.String(), of)
	}
	root := new(pickle.Dict)
	root.Set("nasbench201", space)
	root.Set("fbnet", new(pickle.Dict))
	var out bytes.Buffer
	if err := pickle.NewWriter(&out, pickle.Protocol4).Write(root); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestHWNASBench(t *testing.T) {
	for _, array := range []bool{false, true} {
		path := write(t, hwPickle(t, array))
		for d, scale := range map[data.Dataset]float64{data.CIFAR10: 1, data.CIFAR10Valid: 1, data.CIFAR100: 2} {
			table, err := Open(path, d)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(table.Names(), []string{"raspi4_latency"}) {
				t.Fatalf("columns %v", table.Names())
			}
			column, _ := table.Column("raspi4_latency")
			if v, ok := column.At(11); !ok || v != 11*scale {
				t.Errorf("%v: %v, %v", d, v, ok)
			}
			if _, ok := column.At(5); ok {
				t.Errorf("%v: architecture 5 has a cost", d)
			}
		}
		if _, err := Open(path, data.ImageNet16); err == nil || !strings.Contains(err.Error(), "none of ImageNet16-120") {
			t.Errorf("error %v", err)
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, text := range []string{"index,ms\n11,1.5\n", "arch;ms\n" + eleven + ";1\n", ",a\n1,2\n", "\"arch\",\"b\nc\"\n1,2\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := readCSV(bytes.NewReader(text))
		if err == nil && len(table.Columns) == 0 {
			t.Error("a table without columns")
		}
	})
}
