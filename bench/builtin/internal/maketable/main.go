// Command maketable packs the tables of published results and of device costs
// into the file that package builtin embeds.
package main

import (
	"compress/gzip"
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"

	"cellnet/bench/builtin"
	"cellnet/bench/builtin/internal/columns"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/atomicfile"
)

func main() {
	out := flag.String("o", "table.bin", "the file to write")
	results := flag.String("results", "nb201.csv.gz", "table of results")
	hardware := flag.String("hardware", "nb201-hardware.csv.gz", "table of device costs")
	flag.Parse()
	if err := run(*out, *results, *hardware); err != nil {
		fmt.Fprintln(os.Stderr, "maketable:", err)
		os.Exit(1)
	}
}

func run(out, results, hardware string) error {
	packed, err := pack(results, hardware)
	if err != nil {
		return err
	}
	return atomicfile.Write(out, func(w io.Writer) error {
		_, err := w.Write(packed)
		return err
	})
}

func pack(results, hardware string) ([]byte, error) {
	r, err := readSheet(results)
	if err != nil {
		return nil, err
	}
	h, err := readSheet(hardware)
	if err != nil {
		return nil, err
	}
	p := &packer{sheet: r, table: columns.Table{Rows: cell.SpaceSize, Columns: map[string]columns.Column{}}}
	p.results()
	p.sheet = h
	p.devices()
	if p.err != nil {
		return nil, p.err
	}
	return p.table.Marshal(p.names)
}

// sheet is a table of texts with named columns, one row an architecture.
type sheet struct {
	file   string
	column map[string]int
	rows   [][]string
}

func readSheet(path string) (*sheet, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) != 1+cell.SpaceSize {
		return nil, fmt.Errorf("%s: %d lines, want %d", path, len(rows), 1+cell.SpaceSize)
	}
	s := &sheet{path, map[string]int{}, rows[1:]}
	for i, name := range rows[0] {
		s.column[name] = i
	}
	for i := range s.rows {
		if s.at("index", i) != strconv.Itoa(i) {
			return nil, fmt.Errorf("%s: row %d is of index %s", path, i, s.at("index", i))
		}
	}
	return s, nil
}

func (s *sheet) at(name string, row int) string {
	i, ok := s.column[name]
	if !ok {
		return ""
	}
	return s.rows[row][i]
}

// packer collects columns; after an error it does nothing more.
type packer struct {
	*sheet
	table columns.Table
	names []string
	err   error
}

func (p *packer) add(name string, number func(row int) (uint64, error)) {
	if p.err != nil {
		return
	}
	numbers := make([]uint64, p.table.Rows)
	for row := range numbers {
		if numbers[row], p.err = number(row); p.err != nil {
			p.err = fmt.Errorf("%s: column %s, row %d: %w", p.file, name, row, p.err)
			return
		}
	}
	p.names = append(p.names, name)
	p.table.Columns[name] = columns.Of(numbers)
}

// correct turns a percentage into the number of correct images.
func correct(percent string, images int) (uint64, error) {
	v, err := strconv.ParseFloat(percent, 64)
	if err != nil {
		return 0, err
	}
	n := math.Round(v * float64(images) / 100)
	if math.Round(n*1e7/float64(images))/1e5 != v {
		return 0, fmt.Errorf("%s%% is no whole number of %d images", percent, images)
	}
	return uint64(n), nil
}

func (p *packer) results() {
	trials := func(row int) (int, error) { return strconv.Atoi(p.at("trials_200", row)) }
	p.add("trials_200", func(row int) (uint64, error) {
		n, err := trials(row)
		return uint64(n), err
	})
	p.add("epoch_s", func(row int) (uint64, error) {
		v, err := strconv.ParseFloat(p.at("epoch_s", row), 64)
		n := math.Round(v * 1e9)
		if err == nil && n/1e9 != v {
			err = fmt.Errorf("%v s is no whole number of nanoseconds", v)
		}
		return uint64(n), err
	})
	p.add("foreign_cost", func(row int) (uint64, error) {
		params, err := strconv.ParseFloat(p.at("params_m", row), 64)
		if err != nil {
			return 0, err
		}
		c, err := cell.FromIndex(row)
		if err != nil {
			return 0, err
		}
		own := cell.Benchmark(c, data.CIFAR10.Classes()).Cost(data.CIFAR10.Side())
		if math.Abs(own.Params-params) > 1e-9 {
			return 1, nil
		}
		return 0, nil
	})
	for _, s := range []struct {
		dataset     string
		valid, test int // images
		shortTrials int // whose mean x-valid has after 12 epochs
		single      string
		singles     int // images
	}{
		{"c10", 25000, 10000, 2, "valid", 25000},
		{"c100", 5000, 5000, 1, "full", 10000},
		{"in16", 3000, 3000, 1, "full", 6000},
	} {
		counts := func(name string, images int) {
			p.add(name, func(row int) (uint64, error) { return correct(p.at(name, row), images) })
		}
		counts(s.dataset+"_valid_12", s.valid*s.shortTrials)
		counts(s.dataset+"_test_12", s.test)
		p.add(s.dataset+"_test_200", func(row int) (uint64, error) {
			n, err := trials(row)
			if err != nil {
				return 0, err
			}
			return correct(p.at(s.dataset+"_test_200", row), s.test*n)
		})
		for i, seed := range []string{"777", "888", "999"} {
			name := s.dataset + "_" + s.single + "_200_" + seed
			p.add(name, func(row int) (uint64, error) {
				if n, err := trials(row); err != nil || i >= n {
					return 0, err
				}
				return correct(p.at(name, row), s.singles)
			})
		}
	}
}

func (p *packer) devices() {
	for _, name := range []string{"c10", "c100", "in16"} {
		for _, device := range builtin.Devices() {
			column := name + "_" + device.String()
			p.add(column, func(row int) (uint64, error) {
				text := p.at(column, row)
				if text == "-1" { // the network does not run on the device
					return columns.NoDecimal, nil
				}
				return columns.ParseDecimal(text)
			})
		}
	}
}
