package pyapi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"cellnet/bench"
	"cellnet/bench/record"
)

func builtin(t testing.TB) *bench.Benchmark {
	t.Helper()
	b, err := bench.OpenBuiltin()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const openLine = `{"call":"open","args":{"program":"nats_bench","space":"topology"}}` + "\n"

func TestLines(t *testing.T) {
	b := builtin(t)
	for _, c := range []struct{ name, in, want, err string }{
		{"nothing", "", "", ""},
		{"open", openLine, `{"result":{"length":15625,"full_epochs":200}}`, ""},
		{"call before open", `{"call":"stored"}` + "\n", `{"error":"RuntimeError","message":"\"stored\" before open"}`, ""},
		{"open twice", openLine + openLine, `{"error":"RuntimeError","message":"open for a second time"}`, ""},
		{"another program", `{"call":"open","args":{"program":"x"}}` + "\n", `{"error":"ValueError","message":"program \"x\", want nas_201_api or nats_bench"}`, ""},
		{"another space", `{"call":"open","args":{"program":"nats_bench","space":"size"}}` + "\n", `{"error":"ValueError","message":"builtin is of the search space topology, not size"}`, ""},
		{"no dataset", openLine + `{"call":"statistics","args":{"hp":"12"}}` + "\n", `{"error":"ValueError","message":"no statistics of None"}`, ""},
		{"no dataset to simulate on", openLine + `{"call":"simulate_train_eval","args":{"index":0,"hp":"12"}}` + "\n", `{"error":"ValueError","message":"no simulation on None, want cifar10, cifar100 or ImageNet16-120"}`, ""},
		{"unknown call", openLine + `{"call":"exec"}` + "\n", `{"error":"AttributeError","message":"no call \"exec\""}`, ""},
		{"wrong type", openLine + `{"call":"get_more_info","args":{"iepoch":"5"}}` + "\n", `{"error":"TypeError","message":"args.iepoch is a string"}`, ""},
		{"no index", openLine + `{"call":"get_latency","args":{"index":[1]}}` + "\n", `{"error":"TypeError","message":"index is [1], want a number or an arch string"}`, ""},
		{"cost", openLine + `{"call":"get_net_config","args":{"index":0,"dataset":"cifar10"}}` + "\n",
			`{"result":{"name":"infer.tiny","C":16,"N":5,"arch_str":"|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|","num_classes":10}}`, ""},
		{"files of a server", openLine + `{"call":"reload","args":{"archive_root":"/"}}` + "\n", `{"error":"PermissionError","message":"a server reads no files for its clients"}`, ""},
		{"no JSON", "x\n", "", "reading a request: invalid character"},
		{"half a line", `{"call":`, "", "reading a request: unexpected EOF"},
		{"endless line", strings.Repeat("x", 2*maxRequest), "", "a line of more than 1048576 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			err := Serve(t.Context(), strings.NewReader(c.in), &out, Options{Benchmark: b})
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
			if last := lines[len(lines)-1]; last != c.want {
				t.Errorf("answered %s, want %s", last, c.want)
			}
		})
	}
}

func TestDrawnTrial(t *testing.T) {
	var out bytes.Buffer
	ask := `{"call":"get_more_info","args":{"index":0,"dataset":"cifar10-valid","hp":"12","is_random":true}}` + "\n"
	in := openLine + ask + strings.Replace(ask, "true", "111", 1) + strings.Replace(ask, "true", "777", 1)
	if err := Serve(t.Context(), strings.NewReader(in), &out, Options{Benchmark: builtin(t)}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if lines[1] != `{"choose":2}` || !slices.Equal(lines[2:4], lines[4:6]) {
		t.Errorf("drawing gave %q, want what the seeds give: %q", lines[1:4], lines[4:6])
	}
}

func TestDraws(t *testing.T) {
	for _, c := range []struct {
		name     string
		below    []int  // what a call draws
		in, want string // of the client
		err      string
	}{
		{"none", nil, "", "{\"result\":[]}\n", ""},
		{"one", []int{3}, "", "{\"choose\":3}\n{\"result\":[0]}\n{\"result\":[1]}\n{\"result\":[2]}\n", ""},
		{"the only one", []int{1}, "", "{\"choose\":1}\n{\"result\":[0]}\n", ""},
		{"one of many", []int{9}, "8\n", "{\"draw\":9}\n{\"result\":[8]}\n", ""},
		{"two", []int{3, 2}, "2\n1\n", "{\"draw\":3}\n{\"draw\":2}\n{\"result\":[2,1]}\n", ""},
		{"no number", []int{9}, "", "{\"draw\":9}\n{\"result\":[0]}\n", "EOF"},
		{"too high", []int{9}, "9\n", "{\"draw\":9}\n{\"result\":[0]}\n", "9 is not below 9"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			client := &conversation{in: bufio.NewReader(strings.NewReader(c.in)), out: bufio.NewWriter(&out)}
			s := session{b: builtin(t), calls: map[string]func(*call) (any, error){"draws": func(call *call) (any, error) {
				drawn := list{}
				for _, n := range c.below {
					drawn = append(drawn, call.random.Intn(n))
				}
				return drawn, nil
			}}}
			if err := client.write(s.reply(t.Context(), &request{Call: "draws"}, client)); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(client.lost); out.String() != c.want || c.err == "" && client.lost != nil || !strings.Contains(got, c.err) {
				t.Errorf("said %q, %v, want %q, %q", &out, got, c.want, c.err)
			}
		})
	}
}

func TestWalksAreLimited(t *testing.T) {
	walks, busy := 0, errors.New("busy")
	o := Options{Benchmark: builtin(t), Walk: func(context.Context) (func(), error) { walks++; return nil, busy }}
	var out bytes.Buffer
	in := openLine + `{"call":"find_best","args":{"dataset":"cifar10","setname":"test","hp":"200"}}` + "\n" + `{"call":"get_cost_info","args":{"index":0,"dataset":"cifar10"}}` + "\n"
	if err := Serve(t.Context(), strings.NewReader(in), &out, o); err != nil {
		t.Fatal(err)
	}
	if want := `{"error":"RuntimeError","message":"busy"}`; walks != 1 || !strings.Contains(out.String(), want) {
		t.Errorf("%d walks, answered %s, want %s", walks, &out, want)
	}
}

func TestNumbersKeepTheirKind(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{
		{7, "7"}, {7.0, "7.0"}, {-1.0, "-1.0"}, {0.1, "0.1"}, {1e21, "1e+21"}, {1e-7, "1e-07"}, {math.NaN(), "NaN"}, {math.Inf(1), "Infinity"}, {math.Inf(-1), "-Infinity"},
		{record.Number{}, "null"}, {record.NumberOf(3), "3.0"}, {nil, "null"}, {true, "true"}, {"\"\n", `"\"\n"`}, {"a<b>~0|", `"a<b>~0|"`}, {"é\x7f", "\"é\x7f\""}, {`a\b`, `"a\\b"`},
		{list{1, 2.0, list{}}, "[1,2.0,[]]"}, {record.Fields{{Key: "a", Value: record.Fields{}}, {Key: "b", Value: 1}}, `{"a":{},"b":1}`},
		{floats(nil), "null"}, {floats([]float64{1}), "[1.0]"},
	} {
		got, err := appendValue(nil, c.value)
		if err != nil || string(got) != c.want {
			t.Errorf("%v is written %s (%v), want %s", c.value, got, err, c.want)
		}
	}
}

// FuzzServe: whatever is asked, every line of the answer is one JSON object and
// nothing panics.
func FuzzServe(f *testing.F) {
	b := builtin(f)
	for _, args := range []string{
		`"get_more_info","args":{"index":3,"dataset":"cifar10","iepoch":199,"hp":200,"is_random":777}`,
		`"get_more_info","args":{"index":"|none~0|","dataset":"cifar11","hp":"013","is_random":1.5}`,
		`"simulate_train_eval","args":{"index":3,"dataset":"cifar100","hp":"12"}`,
		`"statistics","args":{"dataset":"svhn","hp":"12"}`,
		`"show","args":{"index":99999}`,
		`"clear_params","args":{"index":1,"hp":"12"}`,
		`"query_by_index","args":{"index":1,"dataset":"cifar10","hp":"12"}`,
		`"ArchResults.state","args":{"index":1,"hp":"12","edits":[{"call":"reset_latency","dataset":"cifar10","value":1}]}`,
		`"ResultsCount.get_eval","args":{"index":1,"hp":"12","dataset":"cifar10","seed":111,"setname":"valid","iepoch":-1}`,
		`"query_info_str_by_arch","args":{"index":-1}`,
		`"get_net_param","args":{"index":1,"dataset":"cifar10","seed":null,"hp":"200"}`,
	} {
		f.Add(`{"call":` + args + "}\n0\n0\n")
	}
	f.Fuzz(func(t *testing.T, lines string) {
		if strings.Contains(lines, "meta_archs") || strings.Contains(lines, "-1") && strings.Contains(lines, "show") {
			return // long answers, slow here
		}
		var out bytes.Buffer
		_ = Serve(t.Context(), strings.NewReader(openLine+lines), &out, Options{Benchmark: b})
		for line := range strings.Lines(out.String()) {
			line = strings.ReplaceAll(strings.ReplaceAll(line, ":NaN", ":0"), ",NaN", ",0")
			if !json.Valid([]byte(line)) || line[0] != '{' {
				t.Errorf("answered %q", line)
			}
		}
	})
}
