package walk

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/proxies"
	"cellnet/proxies/table"
)

func item(t testing.TB, arch string, seed uint32) Item {
	t.Helper()
	c, err := cell.Parse(arch)
	if err != nil {
		t.Fatal(err)
	}
	n, err := cell.NewNetwork(c, 4, 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	return Item{cell.ArchOfCell(c), n, seed}
}

func testWalk() Walk {
	const side, images = 8, 4
	b := proxies.Batch{Images: make([]float32, images*3*side*side), Labels: []int{1, 2, 3, 1}, Side: side, Classes: 10}
	for i := range b.Images {
		b.Images[i] = float32(i*i%101)/50 - 1
	}
	return Walk{Preset: proxies.Presets()[0], Batch: b, Measures: proxies.Measures()}
}

// TestEqualCellsAreComputedOnce computes cells that differ in edges without effect
// one by one, too.
func TestEqualCellsAreComputedOnce(t *testing.T) {
	same := []string{
		"|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|skip_connect~0|none~1|nor_conv_3x3~2|",
		"|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|skip_connect~0|none~1|nor_conv_3x3~2|",
		"|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|avg_pool_3x3~0|none~1|nor_conv_3x3~2|",
		"|none~0|+|nor_conv_1x1~0|skip_connect~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_3x3~2|",
		"|none~0|+|nor_conv_1x1~0|none~1|+|skip_connect~0|none~1|nor_conv_3x3~2|",
		"|avg_pool_3x3~0|+|nor_conv_1x1~0|none~1|+|skip_connect~0|none~1|nor_conv_3x3~2|",
	}
	var items []Item
	for _, arch := range same {
		items = append(items, item(t, arch, 5))
	}
	items = append(items, item(t, same[4], 6))
	if got := groups(items); len(got) != 4 || !slices.Equal(got[2], group{3, 4, 5}) {
		t.Fatalf("groups %v", got)
	}
	w := testWalk()
	rows := map[int]table.Row{}
	if err := w.Run(t.Context(), items, func(i int, r table.Row) error { rows[i] = r; return nil }); err != nil {
		t.Fatal(err)
	}
	for i, one := range items {
		if err := w.Run(t.Context(), []Item{one}, func(_ int, r table.Row) error {
			if !equalScores(r.Scores, rows[i].Scores) {
				t.Errorf("%v: %v by itself, %v with others", one.Arch, r.Scores, rows[i].Scores)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func equalScores(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) })
}

// TestJobsDontChangeScores: the same bits for any number of networks side by side.
func TestJobsDontChangeScores(t *testing.T) {
	var items []Item
	for i := range 5 {
		of, err := cell.Topology.Arch(i * 700)
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item(t, of.String(), uint32(i)))
	}
	var want []table.Row
	for _, jobs := range []int{1, 3} {
		w := testWalk()
		w.Jobs = jobs
		rows := make([]table.Row, len(items))
		if err := w.Run(t.Context(), items, func(i int, r table.Row) error { rows[i] = r; return nil }); err != nil {
			t.Fatal(err)
		}
		for i, r := range want {
			if !equalScores(r.Scores, rows[i].Scores) {
				t.Errorf("%v: %v with %d jobs, want %v", r.Arch, rows[i].Scores, jobs, r.Scores)
			}
		}
		want = rows
	}
}

func TestRunStops(t *testing.T) {
	items := []Item{item(t, "|none~0|", 1), item(t, "|skip_connect~0|", 1), item(t, "|nor_conv_1x1~0|", 1)}
	w := testWalk()
	failed := errors.New("no room")
	if err := w.Run(t.Context(), items, func(int, table.Row) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("%v, want %v", err, failed)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Run(ctx, items, func(int, table.Row) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
	w.Batch.Labels = nil
	if err := w.Run(t.Context(), items, func(int, table.Row) error { return nil }); err == nil || !strings.Contains(err.Error(), "needs labels") {
		t.Errorf("%v, want it to say that labels are missing", err)
	}
}

// TestJournalGoesOn: what was added is there after a line is cut off, and other
// settings are refused.
func TestJournalGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scores.part")
	measures := []proxies.Measure{proxies.SynFlow, proxies.Zen}
	settings := Settings{Preset: "benchmark", Images: 4, Measures: []string{"synflow", "zen"}}
	items := []Item{item(t, "|none~0|", 1), item(t, "|skip_connect~0|", 1)}
	row := func(i int, v float64) table.Row {
		return table.Row{Index: -1, Arch: items[i].Arch.String(), Seed: 1, Scores: []float64{v, math.NaN()}, Reasons: map[string]string{"zen": "no noise"}}
	}
	j, err := OpenJournal(path, settings, measures)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenJournal(path, settings, measures); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("opened twice: %v", err)
	}
	if err := j.Add(row(0, 7)); err != nil {
		t.Fatal(err)
	}
	if _, err := j.file.WriteString(`{"arch":"|sk`); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if j, err = OpenJournal(path, settings, measures); err != nil {
		t.Fatal(err)
	}
	if !j.Has(items[0]) || j.Has(items[1]) {
		t.Errorf("has %v and %v", j.Has(items[0]), j.Has(items[1]))
	}
	if _, err := j.Table(items); err == nil {
		t.Error("a table with a row missing")
	}
	if err := j.Add(row(1, 8)); err != nil {
		t.Fatal(err)
	}
	got, err := j.Table(items)
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{7, 8}; !reflect.DeepEqual(got.Column("synflow"), want) || got.Rows[1].Reasons["zen"] != "no noise" {
		t.Errorf("%+v", got)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	settings.Images = 5
	if _, err := OpenJournal(path, settings, measures); !errors.Is(err, ErrOtherSettings) {
		t.Errorf("%v, want %v", err, ErrOtherSettings)
	}
	settings.Images = 4
	if err := os.WriteFile(path, []byte("{}\nnonsense\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenJournal(path, settings, measures); err == nil {
		t.Error("a foreign file is a journal")
	}
}
