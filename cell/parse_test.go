package cell_test

import (
	"errors"
	"strings"
	"testing"

	"cellnet/cell"
)

const readme = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"

func TestParse(t *testing.T) {
	tests := map[string]struct {
		arch         string
		nodes, edges int
	}{
		"benchmark":       {readme, 4, 6},
		"one edge":        {"|none~0|", 2, 1},
		"subset":          {"|nor_conv_3x3~0|+|nor_conv_3x3~1|+|skip_connect~0|skip_connect~2|", 4, 4},
		"repeated edge":   {"|nor_conv_3x3~0|nor_conv_3x3~0|nor_conv_1x1~0|", 2, 3},
		"any order":       {"|none~0|+|avg_pool_3x3~1|none~0|", 3, 3},
		"two-digit input": {strings.Repeat("|none~0|+", 11) + "|skip_connect~11|skip_connect~10|", 13, 13},
		"unused node":     {"|none~0|+|nor_conv_1x1~0|", 3, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := cell.Parse(tt.arch)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.String(); got != tt.arch {
				t.Errorf("String: got %s, want %s", got, tt.arch)
			}
			if c.NumNodes() != tt.nodes || c.NumEdges() != tt.edges {
				t.Errorf("got %d nodes and %d edges, want %d and %d", c.NumNodes(), c.NumEdges(), tt.nodes, tt.edges)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	tests := map[string]struct {
		arch   string
		offset int
		reason string
	}{
		"empty":                  {"", 0, `it is empty`},
		"blank":                  {" ", 0, `missing "|" before the edges of node 1`},
		"typo":                   {"|nor_conv_3x4~0|", 1, `unknown op "nor_conv_3x4", did you mean nor_conv_3x3?`},
		"typo in a later edge":   {"|none~0|+|none~0|skip_conect~1|", 17, `unknown op "skip_conect", did you mean skip_connect?`},
		"other case":             {"|Avg_Pool_3x3~0|", 1, `unknown op "Avg_Pool_3x3", did you mean avg_pool_3x3?`},
		"part of an op":          {"|skip~0|", 1, `unknown op "skip", did you mean skip_connect?`},
		"no such op":             {"|zeroize~0|", 1, `unknown op "zeroize", want none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3`},
		"long word":              {"|" + strings.Repeat("x", 1000) + "~0|", 1, `unknown op "` + strings.Repeat("x", 40) + `"..., want none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3`},
		"no op":                  {"|~0|", 1, `unknown op "", want none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3`},
		"op in other encoding":   {"|nön\xffe~0|", 1, `unknown op "nön\xffe", want none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3`},
		"edge from itself":       {"|none~1|", 6, `node 1 can't take its input from node 1: only node 0 comes before it`},
		"edge from a later node": {"|none~0|+|none~0|none~2|", 22, `node 2 can't take its input from node 2: only nodes 0 to 1 come before it`},
		"huge input":             {"|none~99999999999999999999999|", 6, `node 1 can't take its input from node 99999999999999999999...: only node 0 comes before it`},
		"no input":               {"|none~|", 6, `missing input node after "~"`},
		"no input at the end":    {"|none~", 6, `missing input node after "~"`},
		"no tilde":               {"|none|", 5, `missing "~" and input node after none`},
		"two inputs":             {"|none~0~0|", 7, `missing "|" after "none~0"`},
		"input not a number":     {"|none~a|", 6, `input node "a" is not a number`},
		"negative input":         {"|none~-1|", 6, `input node "-1" is not a number`},
		"input with a blank":     {"|none~0 |", 6, `input node "0 " is not a number`},
		"leading zero":           {"|none~00|", 6, `input node "00" has a leading zero`},
		"no bar before":          {"none~0|", 0, `missing "|" before the edges of node 1`},
		"no bar after":           {"|none~0", 7, `missing "|" after "none~0"`},
		"no bar before plus":     {"|none~0+|none~0|", 7, `missing "|" after "none~0"`},
		"two bars before":        {"||none~0|", 1, `node 1 has an empty edge: "||"`},
		"two bars after":         {"|none~0||", 8, `node 1 has an empty edge: "||"`},
		"lone bar":               {"|", 1, `node 1 has no edge`},
		"empty node":             {"|none~0|+|+|none~0|", 10, `node 2 has no edge`},
		"no node between pluses": {"|none~0|++|none~0|", 9, `node 2 has no edge`},
		"leading plus":           {"+|none~0|", 0, `node 1 has no edge`},
		"trailing plus":          {"|none~0|+", 9, `node 2 has no edge`},
		"trailing newline":       {"|none~0|\n", 8, `unknown op "\n", want none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3`},
		"bars for pluses":        {"|none~0|none~0|none~1|", 20, `node 1 can't take its input from node 1: only node 0 comes before it`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := cell.Parse(tt.arch)
			if !c.IsZero() {
				t.Errorf("got the cell %v", c)
			}
			var pe *cell.ParseError
			if !errors.As(err, &pe) {
				t.Fatalf("got %v, want a ParseError", err)
			}
			if pe.Input != tt.arch || pe.Offset != tt.offset || pe.Reason != tt.reason {
				t.Errorf("%q:\ngot  %d: %s\nwant %d: %s", tt.arch, pe.Offset, pe.Reason, tt.offset, tt.reason)
			}
			if s := err.Error(); strings.Contains(s, "\n") || len(s) > 500 {
				t.Errorf("error is not one short line: %q", s)
			}
		})
	}
}

func TestParseErrorShowsThePlace(t *testing.T) {
	node := "|none~0|+"
	_, err := cell.Parse(strings.Repeat(node, 100) + "|none~1x|+" + strings.Repeat(node, 100))
	want := `cell: arch string ..."~0|+` + strings.Repeat(node, 10) + `|none~1x|+` + strings.Repeat(node, 10) +
		`|none~"..., offset 906: input node "1x" is not a number`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	_, err = cell.Parse("|nor_conv_3x4~0|")
	want = `cell: arch string "|nor_conv_3x4~0|", offset 1: unknown op "nor_conv_3x4", did you mean nor_conv_3x3?`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(readme)
	f.Add("|none~0|")
	f.Add("|none~0|+|nor_conv_1x1~1|avg_pool_3x3~0|avg_pool_3x3~0|")
	f.Add("|nor_conv_3x4~0|")
	f.Add("|none~0|+|none~2|")
	f.Add("|none~0|+||")
	f.Fuzz(func(t *testing.T, arch string) {
		c, err := cell.Parse(arch)
		if err != nil {
			var pe *cell.ParseError
			if !errors.As(err, &pe) || pe.Offset < 0 || pe.Offset > len(arch) || pe.Error() == "" {
				t.Fatalf("%q: %v", arch, err)
			}
			return
		}
		if got := c.String(); got != arch {
			t.Fatalf("%q was read as %q", arch, got)
		}
		if got := len(c.Live()); got != c.NumEdges() {
			t.Fatalf("%q: Live has %d entries for %d edges", arch, got, c.NumEdges())
		}
		c.Valid()
		if s, err := c.Canonical(cell.MergeNothing); err == nil && len(s) > 1<<20 {
			t.Fatalf("%q: canonical form of %d bytes", arch, len(s))
		}
		if c.NumNodes() > 100 {
			return // its matrix is large
		}
		if d, err := cell.FromMatrix(c.Matrix()); err != nil || d.Valid() != c.Valid() && distinctEnds(c) {
			t.Fatalf("%q: from its matrix: %v, %v", arch, d, err)
		}
	})
}

// distinctEnds reports whether no two edges join the same nodes.
func distinctEnds(c cell.Cell) bool {
	seen := make(map[[2]int]bool)
	for _, e := range c.Edges() {
		ends := [2]int{e.From, e.To}
		if seen[ends] {
			return false
		}
		seen[ends] = true
	}
	return true
}
