package builtin

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/fixture"
)

func table(t testing.TB) *Table {
	t.Helper()
	table, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// sheet reads a table of the reference data: texts by column, one row an
// architecture.
func sheet(t *testing.T, name string) func(column string, row int) string {
	t.Helper()
	f, err := os.Open(fixture.Shared(t, "data/tables/"+name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return func(column string, row int) string {
		i := slices.Index(rows[0], column)
		if i < 0 {
			t.Fatalf("%s has no column %s", name, column)
		}
		return rows[1+row][i]
	}
}

// want checks a value against a text of a sheet.
func want(t *testing.T, what, text string, got float64, ok bool) {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !ok || got != v {
		t.Errorf("%s: %v, %v, want %s", what, got, ok, text)
	}
}

func TestEveryValueOfTheTable(t *testing.T) {
	table, at := table(t), sheet(t, "nb201.csv.gz")
	foreign := 0
	for i := range cell.SpaceSize {
		name := func(s string) string { return fmt.Sprintf("architecture %d, %s", i, s) }
		for _, v := range []struct {
			column  string
			dataset data.Dataset
			set     data.Set
		}{
			{"c10_valid", data.CIFAR10Valid, data.XValid}, {"c10_test", data.CIFAR10, data.OriTest},
			{"c100_valid", data.CIFAR100, data.XValid}, {"c100_test", data.CIFAR100, data.XTest},
			{"in16_valid", data.ImageNet16, data.XValid}, {"in16_test", data.ImageNet16, data.XTest},
		} {
			for _, epochs := range []int{12, 200} {
				column := fmt.Sprintf("%s_%d", v.column, epochs)
				got, ok := table.Accuracy(i, v.dataset, v.set, epochs)
				want(t, name(column), at(column, i), got, ok)
			}
		}
		for column, d := range map[string]data.Dataset{
			"c10_valid": data.CIFAR10Valid, "c100_full": data.CIFAR100, "in16_full": data.ImageNet16,
		} {
			for _, seed := range []int{777, 888, 999} {
				column := fmt.Sprintf("%s_200_%d", column, seed)
				got, ok := table.Trial(i, d, seed)
				if text := at(column, i); text != "" {
					want(t, name(column), text, got, ok)
				} else if ok {
					t.Errorf("%s: %v, want none", name(column), got)
				}
			}
		}
		want(t, name("epoch"), at("epoch_s", i), table.EpochSeconds(i, data.CIFAR10Valid), true)
		want(t, name("trials"), at("trials_200", i), float64(len(table.Seeds(i))), true)
		if table.HasForeignCost(i) {
			foreign++
		}
	}
	if foreign != 150 {
		t.Errorf("%d architectures have another network's cost, want 150", foreign)
	}
}

func TestEveryDeviceCost(t *testing.T) {
	table, at := table(t), sheet(t, "nb201-hardware.csv.gz")
	for i := range cell.SpaceSize {
		for prefix, d := range map[string]data.Dataset{"c10": data.CIFAR10, "c100": data.CIFAR100, "in16": data.ImageNet16} {
			for _, device := range Devices() {
				column := prefix + "_" + device.String()
				got, ok := table.Cost(i, d, device)
				if text := at(column, i); text != "-1" {
					want(t, fmt.Sprintf("architecture %d, %s", i, column), text, got, ok)
				} else if ok {
					t.Errorf("architecture %d, %s: %v, want none", i, column, got)
				}
			}
		}
	}
}

// The best means of the papers' tables, and the ResNet-like cell's.
func TestPublishedRows(t *testing.T) {
	table := table(t)
	for _, v := range []struct {
		dataset      data.Dataset
		set          data.Set
		best, resnet float64
	}{
		{data.CIFAR10Valid, data.XValid, 91.61, 90.86}, {data.CIFAR10, data.OriTest, 94.37, 93.91},
		{data.CIFAR100, data.XValid, 73.49, 70.50}, {data.CIFAR100, data.XTest, 73.51, 70.89},
		{data.ImageNet16, data.XValid, 46.73, 44.10}, {data.ImageNet16, data.XTest, 47.31, 44.23},
	} {
		best := 0.0
		for i := range cell.SpaceSize {
			a, ok := table.Accuracy(i, v.dataset, v.set, 200)
			if !ok {
				t.Fatalf("architecture %d has no accuracy on %v", i, v.dataset)
			}
			best = max(best, a)
		}
		resnet, _ := table.Accuracy(11472, v.dataset, v.set, 200)
		if math.Abs(best-v.best) > 0.0051 || math.Abs(resnet-v.resnet) > 0.0051 {
			t.Errorf("%v %v: best %.3f, ResNet %.3f, want %.2f and %.2f", v.dataset, v.set, best, resnet, v.best, v.resnet)
		}
	}
}

func TestOriTestIsBothHalves(t *testing.T) {
	table := table(t)
	for _, d := range []data.Dataset{data.CIFAR100, data.ImageNet16} {
		for _, epochs := range []int{12, 200} {
			for i := range 100 {
				valid, _ := table.Accuracy(i, d, data.XValid, epochs)
				test, _ := table.Accuracy(i, d, data.XTest, epochs)
				both, ok := table.Accuracy(i, d, data.OriTest, epochs)
				if !ok || math.Abs(both-(valid+test)/2) > 1e-5 {
					t.Fatalf("architecture %d on %v: %v and %v give %v", i, d, valid, test, both)
				}
			}
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	table := table(t)
	for _, v := range []struct {
		dataset data.Dataset
		set     data.Set
		epochs  int
	}{
		{data.CIFAR10, data.XValid, 200}, {data.CIFAR10, data.XValid, 12}, {data.CIFAR10Valid, data.OriTest, 12},
		{data.CIFAR10Valid, data.OriTest, 200}, {data.CIFAR100, data.XTest, 100}, {data.CIFAR100, data.Train, 200},
		{data.Synthetic, data.OriTest, 12}, {data.Synthetic, data.OriTest, 200}, {0, 0, 0},
	} {
		if a, ok := table.Accuracy(0, v.dataset, v.set, v.epochs); ok {
			t.Errorf("%v %v after %d epochs: %v, want none", v.dataset, v.set, v.epochs, a)
		}
	}
	if _, ok := table.Trial(0, data.CIFAR10, 777); ok {
		t.Error("a single trial of cifar10")
	}
	if _, ok := table.Trial(0, data.CIFAR100, 111); ok {
		t.Error("a trial of seed 111")
	}
	if _, ok := table.Cost(0, data.Synthetic, Raspi4Latency); ok {
		t.Error("a device cost on synthetic")
	}
	if s := table.EpochSeconds(0, data.Synthetic); s != 0 {
		t.Errorf("an epoch on synthetic takes %v s", s)
	}
}

func TestDeviceNames(t *testing.T) {
	for _, d := range Devices() {
		if got, err := ParseDevice(d.String()); err != nil || got != d {
			t.Errorf("ParseDevice(%q) = %v, %v", d, got, err)
		}
	}
	if _, err := ParseDevice("raspi5_latency"); err == nil || !strings.Contains(err.Error(), "raspi4_latency") {
		t.Errorf("error %v, want one that lists the names", err)
	}
}

func TestDamagedTable(t *testing.T) {
	for name, b := range map[string][]byte{"empty": {}, "half": packed[:len(packed)/2]} {
		if _, err := read(b); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func ExampleTable_Accuracy() {
	table, err := Load()
	if err != nil {
		fmt.Println(err)
		return
	}
	accuracy, _ := table.Accuracy(11472, data.CIFAR100, data.XTest, 200)
	latency, _ := table.Cost(11472, data.CIFAR100, Raspi4Latency)
	fmt.Printf("%.2f%% after 200 epochs, %.1f ms on a Raspberry Pi 4\n", accuracy, latency)
	// Output: 70.89% after 200 epochs, 34.5 ms on a Raspberry Pi 4
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := read(packed); err != nil {
			b.Fatal(err)
		}
	}
}
