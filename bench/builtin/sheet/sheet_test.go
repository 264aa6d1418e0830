package sheet

import (
	"bytes"
	"encoding/csv"
	"io"
	"math"
	"strconv"
	"testing"

	"cellnet/bench/builtin"
	"cellnet/cell"

	"github.com/parquet-go/parquet-go"
)

func table(t testing.TB) *builtin.Table {
	t.Helper()
	table, err := builtin.Load()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// sheet is what was written: by column and row, NaN where there is no number.
type sheet struct {
	numbers map[string][]float64
	archs   []string
}

func (s sheet) check(t *testing.T) {
	t.Helper()
	want := Columns(table(t))
	if len(s.numbers) != 1+len(want) || len(s.archs) != cell.SpaceSize {
		t.Fatalf("%d columns of %d cells, want %d of %d", len(s.numbers), len(s.archs), 1+len(want), cell.SpaceSize)
	}
	for index, c := range cell.All() {
		if s.archs[index] != c.String() || s.numbers[indexColumn][index] != float64(index) {
			t.Fatalf("row %d is of %v, %s", index, s.numbers[indexColumn][index], s.archs[index])
		}
	}
	for _, c := range want {
		for index := range cell.SpaceSize {
			v, ok := c.Of(index)
			if !ok {
				v = math.NaN()
			}
			if got := s.numbers[c.Name][index]; got != v && !(math.IsNaN(got) && !ok) {
				t.Fatalf("%s of %d: %v, want %v", c.Name, index, got, v)
			}
		}
	}
}

func TestCSV(t *testing.T) {
	var b bytes.Buffer
	if err := WriteCSV(&b, table(t)); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	s := sheet{numbers: map[string][]float64{}}
	for _, row := range rows[1:] {
		for i, name := range rows[0] {
			if name == archColumn {
				s.archs = append(s.archs, row[i])
				continue
			}
			v := math.NaN()
			if row[i] != "" {
				if v, err = strconv.ParseFloat(row[i], 64); err != nil {
					t.Fatal(err)
				}
			}
			s.numbers[name] = append(s.numbers[name], v)
		}
	}
	s.check(t)
}

func TestParquet(t *testing.T) {
	var b bytes.Buffer
	if err := WriteParquet(&b, table(t)); err != nil {
		t.Fatal(err)
	}
	r := parquet.NewReader(bytes.NewReader(b.Bytes()))
	defer r.Close()
	s := sheet{numbers: map[string][]float64{}}
	names := r.Schema().Columns()
	rows := make([]parquet.Row, 500)
	for {
		n, err := r.ReadRows(rows)
		for _, row := range rows[:n] {
			for i, v := range row {
				switch name := names[i][0]; {
				case name == archColumn:
					s.archs = append(s.archs, v.String())
				case v.IsNull():
					s.numbers[name] = append(s.numbers[name], math.NaN())
				case name == indexColumn:
					s.numbers[name] = append(s.numbers[name], float64(v.Int32()))
				default:
					s.numbers[name] = append(s.numbers[name], v.Double())
				}
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s.check(t)
}

// What columns hold of the cell that is a ResNet, by name.
func TestColumns(t *testing.T) {
	want := map[string]float64{
		"cifar10_valid_12": 83.742, "cifar10_test_200": 93.91, "cifar100_valid_200": 70.5, "imagenet16_120_test_200": 44.23,
		"cifar100_raspi4_latency": 34.5021, "cifar10_params_m": 0.559386,
	}
	seen := 0
	for _, c := range Columns(table(t)) {
		if w, ok := want[c.Name]; ok {
			seen++
			if got, ok := c.Of(11472); !ok || math.Abs(got-w) > 0.005 {
				t.Errorf("%s: %v, %v, want %v", c.Name, got, ok, w)
			}
		}
	}
	if seen != len(want) {
		t.Errorf("%d of %d columns are there", seen, len(want))
	}
}
