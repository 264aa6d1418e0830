package cell_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"cellnet/cell"
)

func TestConfigForms(t *testing.T) {
	want := cell.Benchmark(mustParse(t, "|nor_conv_3x3~0|+|none~0|skip_connect~1|"), 10)
	for name, record := range map[string]string{
		"arch_str":          `{"name": "infer.tiny", "C": 16, "N": 5, "arch_str": "|nor_conv_3x3~0|+|none~0|skip_connect~1|", "num_classes": 10}`,
		"genotype string":   `{"name": "infer.tiny", "C": 16, "N": 5, "genotype": "|nor_conv_3x3~0|+|none~0|skip_connect~1|", "num_classes": 10}`,
		"genotype of lists": `{"num_classes": 10, "genotype": [[["nor_conv_3x3", 0]], [["none", 0], ["skip_connect", 1]]], "N": 5, "C": 16}`,
	} {
		t.Run(name, func(t *testing.T) {
			var got cell.Network
			if err := json.Unmarshal([]byte(record), &got); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
	const out = `{"name":"infer.tiny","C":16,"N":5,"arch_str":"|nor_conv_3x3~0|+|none~0|skip_connect~1|","num_classes":10}`
	if got, err := json.Marshal(want); string(got) != out || err != nil {
		t.Errorf("got %s, %v, want %s", got, err, out)
	}
}

func TestConfigErrors(t *testing.T) {
	// Each record is the good one with one member replaced or added.
	record := func(key, value string) string {
		members := []string{`"name": "infer.tiny"`, `"C": 16`, `"N": 5`, `"arch_str": "|none~0|"`, `"num_classes": 10`}
		found := false
		for i, m := range members {
			if strings.HasPrefix(m, `"`+key+`"`) {
				members[i] = `"` + key + `": ` + value
				found = true
			}
		}
		if !found {
			members = append(members, `"`+key+`": `+value)
		}
		return "{" + strings.Join(members, ", ") + "}"
	}
	without := func(key string) string {
		return strings.ReplaceAll(strings.ReplaceAll(record(key, "0"), `, "`+key+`": 0`, ""), `"`+key+`": 0, `, "")
	}
	genotype := func(value string) string {
		return `{"C": 16, "N": 5, "genotype": ` + value + `, "num_classes": 10}`
	}
	tests := map[string]struct{ record, want string }{
		"no object":        {`[]`, "config: want a JSON object"},
		"null":             {`null`, "config: want a JSON object"},
		"unknown key":      {record("channels", "16"), `config: unknown key "channels", want name, C, N, arch_str, genotype, num_classes`},
		"other case":       {record("c", "16"), `config: unknown key "c", want name, C, N, arch_str, genotype, num_classes`},
		"key twice":        {`{"C": 16, "C": 16}`, `config: key "C" is given twice`},
		"no C":             {without("C"), `config: key "C" is missing`},
		"no N":             {without("N"), `config: key "N" is missing`},
		"no classes":       {without("num_classes"), `config: key "num_classes" is missing`},
		"no cell":          {without("arch_str"), `config: want one of the keys "arch_str" and "genotype"`},
		"two cells":        {record("genotype", `"|none~0|"`), `config: want one of the keys "arch_str" and "genotype"`},
		"other network":    {record("name", `"infer.big"`), `config: name: "infer.big" is not a network of this benchmark, want "infer.tiny" or "infer.shape.tiny"`},
		"widths and C":     {record("name", `"infer.shape.tiny"`), `config: unknown key "C", want name, channels, arch_str, genotype, num_classes`},
		"name no string":   {record("name", `1`), `config: name: "1" is not a string`},
		"name null":        {record("name", `null`), `config: name: "null" is not a string`},
		"C string":         {record("C", `"16"`), `config: C: "\"16\"" is not a whole number`},
		"C fraction":       {record("C", `16.5`), `config: C: "16.5" is not a whole number`},
		"C huge":           {record("C", `1e99`), `config: C: "1e99" is not a whole number`},
		"C zero":           {record("C", `0`), "config: C: 0 channels, want 1 or more"},
		"C of too many":    {record("C", `65537`), "config: C: 65537 channels, want 65536 at most"},
		"N of too many":    {record("N", `9999999`), "config: N: 9999999 cells in a stage, want 1000 at most"},
		"N negative":       {record("N", `-5`), "config: N: -5 cells in a stage, want 1 or more"},
		"N null":           {record("N", `null`), `config: N: "null" is not a whole number`},
		"one class":        {record("num_classes", `1`), "config: num_classes: 1 classes, want 2 or more"},
		"bad arch":         {record("arch_str", `"|nix~0|"`), `config: arch_str: cell: arch string "|nix~0|", offset 1: unknown op "nix", want none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3`},
		"arch of lists":    {record("arch_str", `[[["none", 0]]]`), `config: arch_str: "[[[\"none\", 0]]]" is not a string`},
		"genotype null":    {genotype(`null`), `config: genotype: cell: no node besides the input`},
		"genotype number":  {genotype(`7`), `config: genotype: want an arch string or a list of lists of [op, node]`},
		"genotype op":      {genotype(`[[["nor_conv", 0]]]`), `config: genotype: node 1: unknown op "nor_conv", did you mean nor_conv_1x1?`},
		"genotype null op": {genotype(`[[[null, 0]]]`), `config: genotype: node 1: "null" is not a string`},
		"genotype node":    {genotype(`[[["none", 0]], [["none", 2]]]`), `config: genotype: cell: node 2 can't take its input from node 2: only nodes 0 to 1 come before it`},
		"genotype no node": {genotype(`[[["none", null]]]`), `config: genotype: node 1: "null" is not a whole number`},
		"genotype single":  {genotype(`[[["none"]]]`), `config: genotype: node 1: edge of 1 values, want [op, node]`},
		"genotype empty":   {genotype(`[[["none", 0]], []]`), `config: genotype: cell: node 2 has no edge`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := cell.Benchmark(mustParse(t, readme), 120)
			got := before
			err := json.Unmarshal([]byte(tt.record), &got)
			if err == nil || err.Error() != tt.want {
				t.Errorf("%s:\ngot  %v\nwant %s", tt.record, err, tt.want)
			}
			if !reflect.DeepEqual(got, before) {
				t.Errorf("a refused record left %+v", got)
			}
		})
	}
}

func TestConfigMarshalRefusesWhatItCannotRead(t *testing.T) {
	good := cell.Benchmark(mustParse(t, readme), 10)
	for name, change := range map[string]func(*cell.Network){
		"width":   func(n *cell.Network) { n.Widths = cell.Widths{16, 0} },
		"widths":  func(n *cell.Network) { n.Widths = n.Widths[1:] },
		"cell":    func(n *cell.Network) { n.Cell = cell.Cell{} },
		"classes": func(n *cell.Network) { n.Classes = 1 },
	} {
		c := good
		change(&c)
		if b, err := json.Marshal(c); err == nil {
			t.Errorf("%s: got %s", name, b)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add(`{"name": "infer.tiny", "C": 16, "N": 5, "arch_str": "|none~0|", "num_classes": 10}`)
	f.Add(`{"C": 1, "N": 1, "genotype": [[["none", 0]], [["none", 0], ["skip_connect", 1]]], "num_classes": 2}`)
	f.Add(`{"C": 1, "C": 1}`)
	f.Add(`{"name": "infer.shape.tiny", "channels": "8:16:8:8:16", "arch_str": "8:16:8:8:16", "genotype": "|none~0|", "class_num": 10}`)
	f.Add(`{"name": "infer.shape.tiny", "channels": [5, 9], "genotype": [[["nor_conv_3x3", 0]]], "num_classes": 10}`)
	f.Fuzz(func(t *testing.T, record string) {
		var c cell.Network
		if json.Unmarshal([]byte(record), &c) != nil {
			return
		}
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatalf("%s was read but not written: %v", record, err)
		}
		var d cell.Network
		if err := json.Unmarshal(b, &d); err != nil || !reflect.DeepEqual(c, d) {
			t.Fatalf("%s was written as %s and read as %+v, %v", record, b, d, err)
		}
	})
}
