package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"image/png"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cellnet/data"
)

func TestArchListIsPublishedOne(t *testing.T) {
	// The hash of the published code's list, as in the tests of package cell.
	const want = "b24e2a8b6802be1326de041d81d564998ca8aa923055352f3a95c30d59ce7048"
	out := mustCellnet(t, "arch", "list")
	hash := sha256.Sum256([]byte(out))
	if got := hex.EncodeToString(hash[:]); got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
	type line struct {
		Index int
		Arch  string
	}
	d := json.NewDecoder(strings.NewReader(mustCellnet(t, "arch", "list", "--json")))
	for i, arch := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		var got line
		if err := d.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if want := (line{i, arch}); got != want {
			t.Fatalf("JSON: got %v, want %v", got, want)
		}
	}
}

// fixtureRecord is a record of archs.json, costs apart.
type fixtureRecord struct {
	Index      *int
	Arch       string
	Valid      bool
	Unique     string
	UniqueZero string `json:"unique_zero"`
	UniqueNone string `json:"unique_none"`
	Matrix     [][]int
	Costs      map[string]cost
	Message    *string
}

func TestArchShowGivesThePublishedRecords(t *testing.T) {
	b, err := os.ReadFile("../../cell/testdata/archs.json")
	if err != nil {
		t.Fatal(err)
	}
	var records []json.RawMessage
	if err := json.Unmarshal(b, &records); err != nil {
		t.Fatal(err)
	}
	if len(records) < 50 {
		t.Fatalf("only %d records", len(records))
	}
	for _, record := range records {
		want := decodeRecord(t, record)
		t.Run(want.Arch, func(t *testing.T) {
			out := mustCellnet(t, "arch", "show", want.Arch, "--json")
			isOurs := func(key string) bool { return key == "spellings" || key == "results" }
			if got, want := slices.DeleteFunc(keys(t, []byte(out)), isOurs), keys(t, record); !slices.Equal(got, want) {
				t.Errorf("keys %q, want %q", got, want)
			}
			got := decodeRecord(t, []byte(out))
			checkCosts(t, got.Costs, want.Costs)
			got.Costs, want.Costs = nil, nil
			if want.Message == nil { // most records leave it out
				got.Message = nil
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func decodeRecord(t *testing.T, b []byte) (r fixtureRecord) {
	t.Helper()
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return r
}

func keys(t *testing.T, b []byte) []string {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(m))
}

func checkCosts(t *testing.T, got, want map[string]cost) {
	t.Helper()
	if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
		t.Errorf("costs for %v, want %v", got, want)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-6*math.Abs(b) }
	for dataset, w := range want {
		if g := got[dataset]; !near(g.FLOPs, w.FLOPs) || !near(g.Params, w.Params) {
			t.Errorf("costs on %s: got %+v, want %+v", dataset, g, w)
		}
	}
}

func TestArchShowOutsideTheBenchmark(t *testing.T) {
	var got map[string]any
	if err := json.Unmarshal([]byte(mustCellnet(t, "arch", "show", "all_full", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if index, ok := got["index"]; index != nil || !ok {
		t.Errorf("index: got %v", index)
	}

	// The matrix grows with the square of the nodes and is null if too large.
	long := "|none~0|" + strings.Repeat("+|nor_conv_3x3~0|", 300)
	got = nil
	if err := json.Unmarshal([]byte(mustCellnet(t, "arch", "show", long, "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if m, ok := got["matrix"]; m != nil || !ok {
		t.Errorf("matrix: got %v", m)
	}
}

func TestArchShowTooLongForm(t *testing.T) {
	doubling := "|nor_conv_3x3~0|" // as each node uses the one before twice
	for node := range 20 {
		doubling += strings.ReplaceAll("+|nor_conv_3x3~N|nor_conv_3x3~N|", "N", strconv.Itoa(node+1))
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(mustCellnet(t, "arch", "show", doubling, "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if s, ok := got["unique"]; s != nil || !ok {
		t.Errorf("unique: got %v", s)
	}
	if out := mustCellnet(t, "arch", "show", doubling); !strings.Contains(out, "too long") {
		t.Errorf("got %s", out)
	}
}

func TestArchShowForPeople(t *testing.T) {
	const want = `arch                    |none~0|+|none~0|nor_conv_1x1~1|
index                   not in the benchmark
valid                   no, every path from input to output has a none
unique, with zeros      ((0)@none)@nor_conv_1x1+(0)@none
unique, zeros merged    #+#
unique, nothing merged  ((0)@none)@nor_conv_1x1+(0)@none
matrix                  0 0 0
                        0 0 0
                        0 2 0
cifar10                 11.71521 M FLOPs, 0.101306 M parameters
cifar100                11.72106 M FLOPs, 0.107156 M parameters
ImageNet16-120          2.93644 M FLOPs, 0.108456 M parameters
short:                  |none~0|+|none~0|conv_1x1~1|
structure:              Structure(3 nodes with |none~0|+|none~0|nor_conv_1x1~1|)
tuples:                 ((('none', 0),), (('none', 0), ('nor_conv_1x1', 1)))
lists:                  [[["none", 0]], [["none", 0], ["nor_conv_1x1", 1]]]
edges:                  {'1<-0': 'none', '2<-0': 'none', '2<-1': 'nor_conv_1x1'}
matrix:                 [[0, 0, 0], [0, 0, 0], [0, 2, 0]]
`
	if got := mustCellnet(t, "arch", "show", "|none~0|+|none~0|nor_conv_1x1~1|"); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

// What a cell reached is in the table that the built-in results are made of.
func TestArchShowTellsResults(t *testing.T) {
	var got struct{ Results []builtinResult }
	if err := json.Unmarshal([]byte(mustCellnet(t, "arch", "show", "0", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	for _, want := range []builtinResult{
		{data.CIFAR10Valid, data.XValid, 12, 63.364, 12465},
		{data.CIFAR100, data.XTest, 200, 52.91333, 13497},
	} {
		if !slices.Contains(got.Results, want) {
			t.Errorf("no %+v in %+v", want, got.Results)
		}
	}
	if out := mustCellnet(t, "arch", "show", "0"); !strings.Contains(out, "52.91 %, rank 13497 of 15625\n") {
		t.Errorf("got %s", out)
	}
}

func TestArchErrors(t *testing.T) {
	seeShow, seeDraw := " (see cellnet arch show --help)", " (see cellnet arch draw --help)"
	dir := t.TempDir()
	for _, f := range []failure{
		{[]string{"arch", "show", "15625"}, exitUsage, "cell: index 15625 is not in the benchmark, want 0 to 15624" + seeShow},
		{[]string{"arch", "show", "--", "-1"}, exitUsage, "cell: index -1 is not in the benchmark, want 0 to 15624" + seeShow},
		{[]string{"arch", "show", "resnt"}, exitUsage, `cell: unknown cell "resnt", did you mean resnet?` + seeShow},
		{[]string{"arch", "show", "|nor_conv_3x4~0|"}, exitUsage, `cell: arch string "|nor_conv_3x4~0|", offset 1: unknown op "nor_conv_3x4", did you mean nor_conv_3x3?` + seeShow},
		{[]string{"arch", "draw", "|none~0|+|none~2|", "-o", filepath.Join(dir, "x.svg")}, exitUsage, `cell: arch string "|none~0|+|none~2|", offset 15: node 2 can't take its input from node 2: only nodes 0 to 1 come before it` + seeDraw},
		{[]string{"arch", "draw", "|none~0|+|"}, exitUsage, `cell: arch string "|none~0|+|", offset 10: node 2 has no edge` + seeDraw},
		{[]string{"arch", "draw", "1", "--format", "gif"}, exitUsage, `unknown format "gif", want svg, png or dot` + seeDraw},
		{[]string{"arch", "draw", "1", "-o", "cell"}, exitUsage, `format of cell is not known, give --format svg, png or dot` + seeDraw},
		{[]string{"arch", "draw", "|none~0" + strings.Repeat("|none~0", 1000) + "|"}, exitFailed, `draw: cell is too large for a picture, draw it as DOT`},
	} {
		f.check(t)
	}
	if files, _ := os.ReadDir(dir); len(files) > 0 {
		t.Errorf("a failed command left %v", files)
	}
	r := cellnet(t, "arch", "draw", "1", "-o", filepath.Join(dir, "no", "such", "cell.svg"))
	if r.code != exitFailed || !strings.HasPrefix(r.stderr, "cellnet: writing ") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("unwritable output: %d, %q", r.code, r.stderr)
	}
}

func TestArchDraw(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, args ...string) []byte {
		path := filepath.Join(dir, name)
		if out := mustCellnet(t, append([]string{"arch", "draw", "1", "-o", path}, args...)...); out != "" {
			t.Errorf("%s: printed %q", name, out)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if _, err := png.Decode(bytes.NewReader(file("cell.PNG"))); err != nil {
		t.Errorf("PNG: %v", err)
	}
	svg := file("cell.svg")
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("SVG: %v", err)
		}
	}
	if out := mustCellnet(t, "arch", "draw", "1"); out != string(svg) {
		t.Errorf("standard output differs from the file: %d bytes, %d bytes", len(out), len(svg))
	}
	for name, args := range map[string][]string{"cell.dot": nil, "cell.txt": {"--format", "dot"}} {
		if b := file(name, args...); !bytes.HasPrefix(b, []byte("digraph cell {")) {
			t.Errorf("%s: got %q", name, b)
		}
	}
}
