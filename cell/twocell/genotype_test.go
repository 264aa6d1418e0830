package twocell

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"cellnet/internal/fixture"
)

// record is a good record, of DARTS_V2.
const record = `{"name": "infer.nasnet-cifar", "C": 8, "N": 1, "stem_multiplier": 3, "num_classes": 10, "genotype": "DARTS_V2", "auxiliary": false}`

func TestPublishedRecords(t *testing.T) {
	var records map[string]json.RawMessage
	data, err := os.ReadFile(fixture.Shared(t, "fixtures/size/configs.json"))
	if err == nil {
		err = json.Unmarshal(data, &records)
	}
	if err != nil {
		t.Fatal(err)
	}
	want, err := Named("DARTS_V2")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"good", "bad"} {
		var list []struct {
			Config json.RawMessage
			Reason string
		}
		if err := json.Unmarshal(records[kind], &list); err != nil {
			t.Fatal(err)
		}
		read := 0
		for _, r := range list {
			if !strings.Contains(string(r.Config), InferNASNet) {
				continue
			}
			read++
			var n Network
			err := json.Unmarshal(r.Config, &n)
			if kind == "bad" {
				if err == nil {
					t.Errorf("read a record with %s", r.Reason)
				} else if strings.Contains(err.Error(), "\n") {
					t.Errorf("%s: an error of several lines: %v", r.Reason, err)
				}
				continue
			}
			if err != nil || !n.Genotype.Equal(want) {
				t.Errorf("%s: %v, %v", r.Config, n, err)
			}
		}
		if read == 0 {
			t.Errorf("no %s records", kind)
		}
	}
}

func TestRecords(t *testing.T) {
	with := func(old, new string) string { return strings.Replace(record, old, new, 1) }
	cells := func(normal, concat string) string {
		return with(`"DARTS_V2"`, fmt.Sprintf(`{"normal": %s, "normal_concat": %s, "reduce": [[["none", 0]]], "reduce_concat": [2]}`, normal, concat))
	}
	for _, c := range []struct{ name, record, err string }{
		{"good", record, ""},
		{"without a name and an auxiliary head", `{"C": 8, "N": 1, "stem_multiplier": 3, "num_classes": 10, "genotype": "GDAS_V1"}`, ""},
		{"weights of a search", cells(`[[["none", 0, 0.25]]]`, `[2]`), ""},
		{"an input in the result", cells(`[[["none", 0]]]`, `[0, 2]`), ""},
		{"no object", `[]`, "config: want an object with C, N"},
		{"no end", record[:len(record)-1], "unexpected end"},
		{"missing", `{"C": 8}`, `config: key "N" is missing`},
		{"unknown key", with(`"C"`, `"c"`), `config: unknown key "c", want name, C`},
		{"twice", with(`"C": 8`, `"C": 8, "C": 8`), `config: key "C" is given twice`},
		{"name", with("infer.nasnet-cifar", "infer.tiny"), `config: name: "infer.tiny" is no network of two cells`},
		{"text", with(`8`, `"8"`), `config: C: "\"8\"" is no whole number`},
		{"fraction", with(`8`, `8.5`), `config: C: "8.5" is no whole number`},
		{"null", with(`8`, `null`), `config: C: "null" is no whole number`},
		{"no channel", with(`"C": 8`, `"C": 0`), `config: C: 0 channels, want 1 to 16384`},
		{"too wide", with(`"C": 8`, `"C": 20000`), `config: C: 20000 channels, want 1 to 16384`},
		{"no cell", with(`"N": 1`, `"N": 0`), `config: N: 0 cells in a stage`},
		{"stem", with(`"stem_multiplier": 3`, `"stem_multiplier": 0`), `config: stem_multiplier: 0 times C`},
		{"classes", with(`10`, `1`), `config: num_classes: 1 classes`},
		{"auxiliary", with(`false`, `0`), `config: auxiliary: "0" is no true or false`},
		{"genotype name", with("DARTS_V2", "DARTS"), `config: genotype: unknown genotype "DARTS", want DARTS_V1, DARTS_V2, GDAS_V1, or`},
		{"one cell", with("DARTS_V2", "|none~0|"), `config: genotype: unknown genotype "|none~0|"`},
		{"nodes", cells(`[]`, `[2]`), "config: genotype: normal: a cell without nodes"},
		{"edges", cells(`[[]]`, `[2]`), "config: genotype: normal: node 2 has no edge"},
		{"edge", cells(`[[["none"]]]`, `[2]`), "config: genotype: normal: node 2: edge of 1 values"},
		{"op", cells(`[[["sep_conv_3x3", 0]]]`, `[2]`), `config: genotype: normal: node 2: unknown op "sep_conv_3x3", want none`},
		{"input", cells(`[[["none", 2]]]`, `[2]`), "config: genotype: normal: node 2: input 2 is no earlier value, want 0 to 1"},
		{"negative input", cells(`[[["none", -1]]]`, `[2]`), "input -1"},
		{"weight", cells(`[[["none", 0, "x"]]]`, `[2]`), "is no number"},
		{"concat", cells(`[[["none", 0]]]`, `[3]`), "config: genotype: normal_concat: node 3, want 0 to 2"},
		{"no concat", cells(`[[["none", 0]]]`, `[]`), "config: genotype: normal_concat: no node"},
		{"reduced input", with(`"DARTS_V2"`, `{"normal": [[["none", 0]]], "normal_concat": [2], "reduce": [[["none", 0]]], "reduce_concat": [1]}`), "config: genotype: reduce_concat: node 1, want 2 to 2"},
		{"missing cell", with(`"DARTS_V2"`, `{"normal": []}`), `config: genotype: key "normal_concat" is missing`},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := Network{C: 99}
			err := json.Unmarshal([]byte(c.record), &n)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || n.C != 99 {
					t.Fatalf("%s: %v, want an error with %s and an unchanged network", c.record, err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", c.record, err)
			}
			written, err := json.Marshal(n)
			if err != nil {
				t.Fatal(err)
			}
			var again Network
			if err := json.Unmarshal(written, &again); err != nil || !again.Genotype.Equal(n.Genotype) || again.C != n.C {
				t.Errorf("%s read again: %v, %v", written, again, err)
			}
		})
	}
}

func TestOps(t *testing.T) {
	for _, op := range Ops() {
		if got, err := ParseOp(op.String()); got != op || err != nil {
			t.Errorf("ParseOp(%q) = %v, %v", op, got, err)
		}
		if size := op.Size(); size > 0 && !strings.HasSuffix(op.String(), fmt.Sprintf("_%dx%d", size, size)) {
			t.Errorf("%v has size %d", op, size)
		}
	}
}

func TestNamed(t *testing.T) {
	for _, name := range Names() {
		g, err := Named(name)
		if err == nil {
			err = g.Validate()
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Of edges between the same values one module is left, the last one, in the
// place of the first.
func TestModules(t *testing.T) {
	c := Cell{Nodes: [][]Edge{{{NorConv1x1, 0}, {MaxPool3x3, 1}, {DuaSepc3x3, 0}, {SkipConnect, 0}}, {{AvgPool3x3, 2}}}, Concat: []int{3}}
	var got []string
	for _, m := range c.Modules() {
		got = append(got, fmt.Sprint(m.Name(), " ", m.Op, " ", m.Times, " ", m.Replaced))
	}
	want := []string{"2<-0 skip_connect 3 [nor_conv_1x1 dua_sepc_3x3]", "2<-1 max_pool_3x3 1 []", "3<-2 avg_pool_3x3 1 []"}
	if !slices.Equal(got, want) {
		t.Errorf("modules %q, want %q", got, want)
	}
	if collapsed := c.Collapsed(); len(collapsed) != 1 || collapsed[0].Name() != "2<-0" {
		t.Errorf("collapsed %v", collapsed)
	}
}

func TestLive(t *testing.T) {
	c := Cell{Nodes: [][]Edge{{{NorConv1x1, 0}}, {{None, 2}}, {{NorConv1x1, 1}}}, Concat: []int{3}}
	if got, want := c.Live(), []bool{true, false, true, true, false}; !slices.Equal(got, want) {
		t.Errorf("live %v, want %v", got, want)
	}
	// Input 1 is not used by the normal cell: of cells 0, 1 and 2 (the last one
	// reduces and uses both inputs) 0 is read by 2, and 1 by 2.
	g := Genotype{Normal: c, Reduce: Cell{Nodes: [][]Edge{{{None, 0}, {None, 0}}}, Concat: []int{2}}}
	n := Network{C: 1, N: 1, StemMultiplier: 1, Classes: 2, Genotype: g}
	var live []bool
	for _, cell := range n.Cells() {
		live = append(live, cell.Live)
	}
	if want := []bool{true, false, true}; !slices.Equal(live, want) {
		t.Errorf("live cells %v, want %v", live, want)
	}
	if !n.StemLive() {
		t.Error("the stem is not live")
	}
}

func TestCheckSide(t *testing.T) {
	for _, c := range []struct {
		side      int
		auxiliary bool
		err       string
	}{{4, false, ""}, {32, true, ""}, {40, true, ""}, {6, false, "multiple of 4"}, {0, false, "multiple of 4"}, {28, true, "32 to 40"}, {44, true, "32 to 40"}} {
		err := Network{Auxiliary: c.auxiliary}.CheckSide(c.side)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("side %d, auxiliary %v: %v, want %q", c.side, c.auxiliary, err, c.err)
		}
	}
}

// FuzzConfigFile: what is read is a valid network, which is written and read again.
func FuzzConfigFile(f *testing.F) {
	f.Add([]byte(`{"super_type": ["str", "infer-nasnet.cifar"], "genotype": ["none", "none"], "dataset": ["str", "cifar"], "ichannel": ["int", "36"], "layers": ["int", "6"], "stem_multi": ["int", "3"], "auxiliary": ["bool", "1"], "drop_path_prob": ["float", "0.2"]}`))
	f.Add([]byte(`{"super_type": ["str", "infer-nasnet.cifar"], "C": ["int", "1"], "N": ["int", "1"], "stem_multi": ["int", "1"], "auxiliary": ["bool", "0"], "x": []}`))
	g, err := Named("GDAS_V1")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := ReadConfigFile(data, g, 10)
		if err != nil {
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
				t.Fatalf("%q", err)
			}
			return
		}
		if err := n.Validate(); err != nil {
			t.Fatalf("%s is read as %+v: %v", data, n, err)
		}
		written, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		var again Network
		if err := json.Unmarshal(written, &again); err != nil || !again.Genotype.Equal(g) || again.C != n.C || again.N != n.N || again.Auxiliary != n.Auxiliary {
			t.Fatalf("%s is read as %+v, %v", written, again, err)
		}
	})
}

// FuzzNetwork: what is read is written and read again, and no cell is out of
// its bounds.
func FuzzNetwork(f *testing.F) {
	f.Add([]byte(record))
	for _, name := range Names() {
		g, err := Named(name)
		if err != nil {
			f.Fatal(err)
		}
		data, err := json.Marshal(Network{C: 4, N: 2, StemMultiplier: 3, Classes: 10, Genotype: g, Auxiliary: true})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var n, again Network
		if n.UnmarshalJSON(data) != nil {
			return
		}
		written, err := n.MarshalJSON()
		if err == nil {
			err = again.UnmarshalJSON(written)
		}
		if err != nil || !again.Genotype.Equal(n.Genotype) {
			t.Fatalf("%s, read from %q, is read as %v: %v", written, data, again, err)
		}
		for _, c := range n.Cells() {
			for _, m := range c.Modules() {
				c.Layers(m.Op, m)
			}
		}
	})
}
