package cell_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cellnet/cell"
)

func TestSizeSpaceIsPublishedOne(t *testing.T) {
	var want struct {
		SHA256 string `json:"sha256_of_all_strings_newline_terminated"`
		Cell   cell.Cell
		Count  int
		Index  map[string]string
	}
	readJSON(t, "size/space.json", &want)
	if !cell.SizeCell().Equal(want.Cell) || cell.Size.Count() != want.Count {
		t.Errorf("%d networks of %v, want %d of %v", cell.Size.Count(), cell.SizeCell(), want.Count, want.Cell)
	}
	if i, ok := cell.SizeCell().Index(); !ok || i != 9930 {
		t.Errorf("the cell has the index %d, %v", i, ok)
	}
	hash := sha256.New()
	for i, a := range cell.Size.All() {
		io.WriteString(hash, a.String()+"\n")
		if j, ok := a.Index(); !ok || j != i || a.Space() != cell.Size {
			t.Fatalf("%v has the index %d, %v, want %d", a, j, ok, i)
		}
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != want.SHA256 {
		t.Errorf("all strings have the hash %s, want %s", got, want.SHA256)
	}
	for index, widths := range want.Index {
		for _, text := range []string{index, widths} {
			if a, err := cell.Size.Resolve(text); err != nil || a.String() != widths {
				t.Errorf("%s is %v, %v, want %s", text, a, err, widths)
			}
		}
	}
	for range cell.Topology.All() {
		break
	}
}

func TestSizeCosts(t *testing.T) {
	var want struct {
		Archs     map[string]map[string][2]float64
		Published map[string]map[string][2]float64
		Others    []struct {
			Config json.RawMessage
			Side   int
			Cost   [2]float64
		}
	}
	readJSON(t, "size/costs.json", &want)
	compare := func(n cell.Network, side int, want [2]float64) {
		t.Helper()
		if c := n.Cost(side); math.Abs(c.FLOPs-want[0]) > 1e-9 || math.Abs(c.Params-want[1]) > 1e-9 {
			t.Errorf("%v on side %d costs %+v, want %v", n.Widths, side, c, want)
		}
	}
	datasets := map[string]struct{ classes, side int }{
		"cifar10-valid": {10, 32}, "cifar10": {10, 32}, "cifar100": {100, 32}, "ImageNet16-120": {120, 16},
	}
	for _, group := range []map[string]map[string][2]float64{want.Archs, want.Published} {
		for text, costs := range group {
			a, err := cell.ParseArch(text)
			if err != nil {
				t.Fatal(err)
			}
			for dataset, cost := range costs {
				compare(a.Network(datasets[dataset].classes), datasets[dataset].side, cost)
			}
		}
	}
	cells := 0
	for _, other := range want.Others {
		var n cell.Network
		if strings.Contains(string(other.Config), "nasnet") {
			continue
		}
		if err := json.Unmarshal(other.Config, &n); err != nil {
			t.Fatal(err)
		}
		compare(n, other.Side, other.Cost)
		cells++
	}
	if cells != 7 {
		t.Errorf("%d networks of one cell", cells)
	}
}

// TestSizeCostFormula compares the sum over tensors with the closed form.
func TestSizeCostFormula(t *testing.T) {
	d := func(a, b int) int {
		if a == b {
			return 0
		}
		return a * b
	}
	norm := func(a, b int) int {
		if a == b {
			return 0
		}
		return a*b + 2*b
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		a, err := cell.Size.Arch(r.IntN(cell.SizeCount))
		if err != nil {
			t.Fatal(err)
		}
		w := a.Widths()
		c0, c1, c2, c3, c4 := w[0], w[1], w[2], w[3], w[4]
		const s2, k = 32 * 32, 10
		flops := s2*(27*c0+45*c0*c0) + s2/4*(10*c0*c1+9*c1*c1+18*c1*c2+27*c2*c2+d(c1, c2)) +
			s2/16*(10*c2*c3+9*c3*c3+18*c3*c4+27*c4*c4+d(c3, c4)) + (c4+1)*k
		params := 39*c0 + 45*c0*c0 + 10*c0*c1 + 9*c1*c1 + 4*c1 + 18*c1*c2 + 27*c2*c2 + 10*c2 + norm(c1, c2) +
			10*c2*c3 + 9*c3*c3 + 4*c3 + 18*c3*c4 + 27*c4*c4 + 12*c4 + norm(c3, c4) + (c4+1)*k
		if got, want := a.Network(k).Cost(32), (cell.Cost{FLOPs: float64(flops) / 1e6, Params: float64(params) / 1e6}); got != want {
			t.Errorf("%v costs %+v, want %+v", a, got, want)
		}
	}
}

func TestPublishedRecords(t *testing.T) {
	var records struct {
		Good []struct {
			Config json.RawMessage
			Params int
		}
		Bad []struct {
			Config json.RawMessage
			Reason string
		}
	}
	readJSON(t, "size/configs.json", &records)
	good, bad := 0, 0
	for _, record := range records.Good {
		if strings.Contains(string(record.Config), "nasnet") {
			continue
		}
		good++
		var n cell.Network
		if err := json.Unmarshal(record.Config, &n); err != nil {
			t.Errorf("%s: %v", record.Config, err)
		} else if got := math.Round(n.Cost(32).Params * 1e6); int(got) != record.Params {
			t.Errorf("%s has %v parameters, want %d", record.Config, got, record.Params)
		}
	}
	for _, record := range records.Bad {
		if strings.Contains(string(record.Config), "nasnet") {
			continue
		}
		bad++
		var n cell.Network
		switch err := json.Unmarshal(record.Config, &n); {
		case err == nil:
			t.Errorf("%s is read, though: %s", record.Config, record.Reason)
		case !strings.HasPrefix(err.Error(), "config: ") || strings.Contains(err.Error(), "\n"):
			t.Errorf("%s: %q", record.Reason, err)
		}
	}
	if good != 8 || bad < 26 {
		t.Errorf("%d good and %d bad records", good, bad)
	}
}

func TestSizeRecords(t *testing.T) {
	const record = `{"name":"infer.shape.tiny","channels":"8:16:8:8:16","genotype":"|nor_conv_3x3~0|","num_classes":10}`
	for name, text := range map[string]string{
		"written":       record,
		"list":          strings.Replace(record, `"8:16:8:8:16"`, `[8, 16, 8, 8, 16]`, 1),
		"of trial file": `{"name":"infer.shape.tiny","channels":"8:16:8:8:16","arch_str":"8:16:8:8:16","genotype":"|nor_conv_3x3~0|","class_num":10}`,
	} {
		var n cell.Network
		if err := json.Unmarshal([]byte(text), &n); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if written, err := json.Marshal(n); err != nil || string(written) != record {
			t.Errorf("%s: written as %s, %v", name, written, err)
		}
	}
	for name, test := range map[string]struct{ record, want string }{
		"other arch_str":   {`{"name":"infer.shape.tiny","channels":"8:16","arch_str":"8:8","genotype":"|none~0|","class_num":10}`, `config: arch_str: want the same as channels, "8:16"`},
		"classes twice":    {`{"C":1,"N":1,"arch_str":"|none~0|","class_num":10,"num_classes":10}`, `config: want one of the keys "num_classes" and "class_num"`},
		"no genotype":      {`{"name":"infer.shape.tiny","channels":"8:16","arch_str":"|none~0|","class_num":10}`, `config: key "genotype" is missing`},
		"blank":            {`{"name":"infer.shape.tiny","channels":"8: 16","genotype":"|none~0|","num_classes":10}`, `config: channels: cell: widths "8: 16": width 2 is " 16", want a whole number`},
		"width null":       {`{"name":"infer.shape.tiny","channels":[8,null],"genotype":"|none~0|","num_classes":10}`, `config: channels: "null" is not a whole number`},
		"channels null":    {`{"name":"infer.shape.tiny","channels":null,"genotype":"|none~0|","num_classes":10}`, `config: channels: "null" is neither widths such as "8:16:24:24:40" nor a list of them`},
		"too many classes": {`{"name":"infer.shape.tiny","channels":"8:16","genotype":"|none~0|","num_classes":1e9}`, `config: num_classes: "1e9" is not a whole number`},
	} {
		var n cell.Network
		if err := json.Unmarshal([]byte(test.record), &n); err == nil || err.Error() != test.want {
			t.Errorf("%s:\ngot  %v\nwant %s", name, err, test.want)
		}
	}
}

func TestArchs(t *testing.T) {
	for text, want := range map[string]struct {
		space cell.Space
		index int // -1 for none
	}{
		readme:                {cell.Topology, 1},
		"|none~0|":            {cell.Topology, -1},
		"8:8:40:32:40":        {cell.Size, 284},
		"8:8:40:32:41":        {cell.Size, -1},
		"8:8:8:8:72":          {cell.Size, -1},
		"5:9":                 {cell.Size, -1},
		"6:6:5:10:7:12:9:11":  {cell.Size, -1},
		"64:64:64:64:64":      {cell.Size, 32767},
		"1:1:1:1:262144":      {cell.Size, -1},
		"16:16:16:32:32:32:7": {},
	} {
		var a cell.Arch
		err := a.UnmarshalText([]byte(text))
		if want == (struct {
			space cell.Space
			index int
		}{}) {
			if err == nil {
				t.Errorf("%s is read as %v", text, a)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		index, ok := a.Index()
		if !ok {
			index = -1
		}
		if a.Space() != want.space || index != want.index || a.String() != text {
			t.Errorf("%s: %v of space %v, index %d", text, a, a.Space(), index)
		}
		if b, err := cell.ParseArch(text); err != nil || !b.Equal(a) {
			t.Errorf("%s: parsed as %v, %v", text, b, err)
		}
		if err := a.Network(10).Validate(); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := (cell.Arch{}).MarshalText(); err == nil {
		t.Error("the zero Arch has a text")
	}
	a, err := cell.ArchOfWidths(cell.Widths{8, 16})
	if err != nil {
		t.Fatal(err)
	}
	a.Widths()[0] = 1
	a.Network(10).Widths[0] = 1
	if a.String() != "8:16" {
		t.Errorf("an architecture was changed from outside: %v", a)
	}
	if _, err := cell.ArchOfWidths(cell.Widths{8}); err == nil {
		t.Error("one width is an architecture")
	}
}

func TestResolveInSpaces(t *testing.T) {
	for _, test := range []struct {
		space      cell.Space
		text, want string // want is the string or a part of the error
	}{
		{cell.Topology, "1", readme},
		{cell.Size, "284", "8:8:40:32:40"},
		{cell.Topology, "8:8:40:32:40", "8:8:40:32:40"},
		{cell.Size, readme, readme},
		{cell.Size, "32768", "cell: index 32768 is not in the size space, want 0 to 32767"},
		{cell.Size, "-1", "cell: index -1 is not in the size space, want 0 to 32767"},
		{cell.Size, strings.Repeat("9", 30), "cell: index 99999999999999999999... is not in the benchmark, want 0 to 32767"},
		{cell.Topology, "8:8:8", `cell: widths "8:8:8": 3 widths, want 3N+2, such as 5`},
		{cell.Topology, "8:8:8:8:8:", `cell: widths "8:8:8:8:8:": width 6 is "", want a whole number`},
		{cell.Topology, "8:8:8:8:x", `cell: widths "8:8:8:8:x": width 5 is "x", want a whole number`},
		{cell.Topology, "8:8:8:8:08", `width 5 is "08", want a whole number`},
		{cell.Topology, "8:8:8:8:0", "width 5 of 5 is 0, want 1 to 262144"},
		{cell.Topology, strings.Repeat("1:", 1<<20), "more than 3002 widths"},
	} {
		a, err := test.space.Resolve(test.text)
		if got := a.String(); err != nil && !strings.Contains(err.Error(), test.want) || err == nil && got != test.want {
			t.Errorf("%v %.40s: got %v, %v, want %s", test.space, test.text, a, err, test.want)
		}
	}
	for _, s := range cell.Spaces() {
		text, err := s.MarshalText()
		var back cell.Space
		if err != nil || back.UnmarshalText(text) != nil || back != s {
			t.Errorf("%v is written as %s, %v", s, text, err)
		}
	}
	if _, err := cell.ParseSpace("sizes"); err == nil {
		t.Error("sizes is a space")
	}
}

func FuzzWidths(f *testing.F) {
	for _, s := range []string{"8:8:40:32:40", "5:9", "8:8:8", "8:8:8:8:08", "1:1:1:1:99999999999999999999", "::", "+1:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := cell.ParseWidths(s)
		if err != nil {
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
				t.Fatalf("%q", err)
			}
			return
		}
		if w.String() != s {
			t.Fatalf("%s is read as %v", s, w)
		}
		if index, ok := w.Index(); ok {
			if back, err := cell.WidthsFromIndex(index); err != nil || !slices.Equal(back, w) {
				t.Fatalf("%s has the index %d, of %v", s, index, back)
			}
		}
		n := cell.Network{Cell: cell.SizeCell(), Widths: w, Classes: 10}
		if len(w) < 100 && !(n.Cost(32).Params > 0) {
			t.Fatalf("%s costs %+v", s, n.Cost(32))
		}
	})
}

func BenchmarkSizeCost(b *testing.B) {
	for b.Loop() {
		a, _ := cell.Size.Arch(b.N % cell.SizeCount)
		_ = a.Network(10).Cost(32)
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)*cell.SizeCount/1e3, strconv.Itoa(cell.SizeCount)+"-s")
}
