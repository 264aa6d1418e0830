package cell_test

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"
)

func mustParse(t testing.TB, arch string) cell.Cell {
	t.Helper()
	c, err := cell.Parse(arch)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEdges(t *testing.T) {
	c := mustParse(t, "|nor_conv_3x3~0|+|none~1|skip_connect~0|skip_connect~0|")
	want := []cell.Link{
		{Op: cell.NorConv3x3, From: 0, To: 1},
		{Op: cell.None, From: 1, To: 2},
		{Op: cell.SkipConnect, From: 0, To: 2},
		{Op: cell.SkipConnect, From: 0, To: 2},
	}
	var got []cell.Link
	for i, e := range c.Edges() {
		if i != len(got) {
			t.Errorf("edge number %d, want %d", i, len(got))
		}
		got = append(got, e)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for range c.Edges() {
		break // must stop without a further call
	}
	if got := c.Incoming(0); len(got) != 0 {
		t.Errorf("Incoming(0): got %v", got)
	}
	if got, want := c.Incoming(1), []cell.Edge{{Op: cell.NorConv3x3, From: 0}}; !slices.Equal(got, want) {
		t.Errorf("Incoming(1): got %v, want %v", got, want)
	}
}

func TestCellIsImmutable(t *testing.T) {
	nodes := [][]cell.Edge{{{Op: cell.NorConv3x3, From: 0}}}
	c, err := cell.New(nodes...)
	if err != nil {
		t.Fatal(err)
	}
	nodes[0][0].Op = cell.None
	c.Incoming(1)[0].Op = cell.None
	if got := c.String(); got != "|nor_conv_3x3~0|" {
		t.Errorf("got %s", got)
	}
}

func TestNewErrors(t *testing.T) {
	tests := map[string]struct {
		nodes [][]cell.Edge
		want  string
	}{
		"no node":    {nil, "cell: no node besides the input"},
		"empty node": {[][]cell.Edge{{{Op: cell.None}}, {}}, "cell: node 2 has no edge"},
		"later node": {[][]cell.Edge{{{Op: cell.None, From: 1}}}, "cell: node 1 can't take its input from node 1: only node 0 comes before it"},
		"negative":   {[][]cell.Edge{{{Op: cell.None, From: -1}}}, "cell: node 1 can't take its input from node -1: only node 0 comes before it"},
		"unknown op": {[][]cell.Edge{{{Op: 5}}}, "cell: node 1: unknown op 5"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if c, err := cell.New(tt.nodes...); err == nil || err.Error() != tt.want || !c.IsZero() {
				t.Errorf("got %v, %v, want %s", c, err, tt.want)
			}
		})
	}
}

func TestZeroCell(t *testing.T) {
	var c cell.Cell
	if !c.IsZero() || c.NumNodes() != 0 || c.NumEdges() != 0 || c.String() != "" || c.Valid() {
		t.Error("the zero Cell is some cell")
	}
	if got := c.Live(); len(got) != 0 {
		t.Errorf("Live: got %v", got)
	}
	if got := c.Matrix(); len(got) != 0 {
		t.Errorf("Matrix: got %v", got)
	}
	if i, ok := c.Index(); ok {
		t.Errorf("Index: got %d", i)
	}
	if s, err := c.Canonical(cell.MergeSkips); s != "" || err != nil {
		t.Errorf("Canonical: got %q, %v", s, err)
	}
	if b, err := c.MarshalText(); err == nil {
		t.Errorf("MarshalText: got %q", b)
	}
}

func TestText(t *testing.T) {
	var got struct{ A, B cell.Cell }
	in := `{"A":"` + readme + `","B":"|none~0|"}`
	if err := json.Unmarshal([]byte(in), &got); err != nil {
		t.Fatal(err)
	}
	if !got.A.Equal(mustParse(t, readme)) || got.A.Equal(got.B) {
		t.Errorf("got %v", got)
	}
	if out, err := json.Marshal(got); string(out) != in || err != nil {
		t.Errorf("got %s, %v, want %s", out, err, in)
	}
	if err := json.Unmarshal([]byte(`{"A":"|nix~0|"}`), &got); err == nil || got.A.String() != readme {
		t.Errorf("bad text: %v, left %v", err, got.A)
	}
}

func TestEqualTellsNodesApart(t *testing.T) {
	a := mustParse(t, "|none~0|+|none~0|none~0|")
	b := mustParse(t, "|none~0|none~0|+|none~0|")
	if a.Equal(b) {
		t.Errorf("%v equals %v", a, b)
	}
}

func TestIndex(t *testing.T) {
	n := 0
	for want, c := range cell.All() {
		if got, ok := c.Index(); got != want || !ok {
			t.Fatalf("%v: got %d, %v, want %d", c, got, ok, want)
		}
		if d, err := cell.FromIndex(want); err != nil || !d.Equal(c) {
			t.Fatalf("index %d: got %v, %v, want %v", want, d, err, c)
		}
		n++
	}
	if n != cell.SpaceSize {
		t.Errorf("All yields %d cells", n)
	}
	for _, index := range []int{-1, cell.SpaceSize, math.MaxInt, math.MinInt} {
		if c, err := cell.FromIndex(index); err == nil {
			t.Errorf("index %d: got %v", index, c)
		}
	}
}

func TestIndexOutsideTheSpace(t *testing.T) {
	for _, arch := range []string{
		"|none~0|",
		"|none~0|+|none~0|none~1|",
		"|none~0|+|none~1|none~0|+|none~0|none~1|none~2|",
		"|none~0|+|none~0|none~0|+|none~0|none~1|none~2|",
		"|none~0|none~0|+|none~0|+|none~0|none~1|none~2|",
		"|none~0|+|none~0|none~1|+|none~0|none~1|",
		"|none~0|+|none~0|none~1|+|none~0|none~1|none~2|+|none~0|",
		"|none~0|+|none~0|none~1|+|none~0|none~1|none~2|none~2|",
	} {
		if got, ok := mustParse(t, arch).Index(); ok {
			t.Errorf("%s: got %d", arch, got)
		}
	}
}

func TestOps(t *testing.T) {
	want := []string{"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"}
	for i, op := range cell.Ops() {
		if int(op) != i || op.String() != want[i] {
			t.Errorf("op %d: got %d, %s, want %s", i, op, op, want[i])
		}
		if got, err := cell.ParseOp(want[i]); got != op || err != nil {
			t.Errorf("ParseOp(%s): got %v, %v", want[i], got, err)
		}
		if got := op.IsConv(); got != strings.Contains(want[i], "conv") {
			t.Errorf("%s: IsConv: got %v", op, got)
		}
	}
	if len(cell.Ops()) != len(want) {
		t.Errorf("%d ops, want %d", len(cell.Ops()), len(want))
	}
	if _, err := cell.ParseOp("none "); err == nil || err.Error() != `cell: unknown op "none ", did you mean none?` {
		t.Errorf("got %v", err)
	}
	if got := cell.Op(9).String(); got != "Op(9)" {
		t.Errorf("got %s", got)
	}
}

func TestMatrix(t *testing.T) {
	tests := map[string]struct {
		arch string
		want [][]int
	}{
		"missing edges":  {"|nor_conv_3x3~0|+|avg_pool_3x3~1|", [][]int{{0, 0, 0}, {3, 0, 0}, {0, 4, 0}}},
		"repeated edges": {"|nor_conv_3x3~0|skip_connect~0|", [][]int{{0, 0}, {1, 0}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := mustParse(t, tt.arch).Matrix(); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	for _, c := range cell.All() {
		if got, err := cell.FromMatrix(c.Matrix()); err != nil || !got.Equal(c) {
			t.Fatalf("%v: from its matrix: %v, %v", c, got, err)
		}
	}
}

func TestFromMatrixErrors(t *testing.T) {
	tests := map[string]struct {
		matrix [][]int
		want   string
	}{
		"empty":          {nil, "cell: no node besides the input"},
		"input only":     {[][]int{{0}}, "cell: no node besides the input"},
		"not square":     {[][]int{{0, 0}, {1}}, "cell: row 1 of the matrix has 1 entries, want 2"},
		"upper triangle": {[][]int{{0, 1}, {1, 0}}, "cell: matrix entry [0][1] is 1, want 0: an edge leads from an earlier node"},
		"diagonal":       {[][]int{{0, 0}, {1, 2}}, "cell: matrix entry [1][1] is 2, want 0: an edge leads from an earlier node"},
		"no op":          {[][]int{{0, 0}, {5, 0}}, "cell: matrix entry [1][0] is 5, want 0 to 4"},
		"negative":       {[][]int{{0, 0}, {-1, 0}}, "cell: matrix entry [1][0] is -1, want 0 to 4"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if c, err := cell.FromMatrix(tt.matrix); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, %v, want %s", c, err, tt.want)
			}
		})
	}
}

func TestCanonicalIsBounded(t *testing.T) {
	doubling := "|nor_conv_3x3~0|"
	for i := 1; i < 60; i++ {
		prev := string('0'+rune(i/10)) + string('0'+rune(i%10))
		prev = strings.TrimPrefix(prev, "0")
		doubling += "+|nor_conv_3x3~" + prev + "|nor_conv_3x3~" + prev + "|"
	}
	c := mustParse(t, doubling)
	if s, err := c.Canonical(cell.MergeNothing); err != cell.ErrTooLong {
		t.Errorf("got %d bytes, %v", len(s), err)
	}
}

func TestLive(t *testing.T) {
	tests := map[string]struct {
		arch string
		want []bool
	}{
		"all":            {readme, []bool{true, true, true, true, true, true}},
		"none":           {"|none~0|", []bool{false}},
		"unused node":    {"|nor_conv_3x3~0|+|nor_conv_3x3~0|", []bool{false, true}},
		"pool of zeros":  {"|none~0|+|avg_pool_3x3~1|skip_connect~1|nor_conv_1x1~0|", []bool{false, false, false, true}},
		"conv of zeros":  {"|none~0|+|nor_conv_3x3~1|", []bool{false, true}},
		"none at output": {"|nor_conv_3x3~0|+|none~1|skip_connect~0|", []bool{false, false, true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := mustParse(t, tt.arch).Live(); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func BenchmarkAll(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		for range cell.All() {
		}
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cell.Parse(readme); err != nil {
			b.Fatal(err)
		}
	}
}
