package table

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// WriteCSV writes a table with a line of names; undefined scores are empty.
func (t *Table) WriteCSV(w io.Writer) error {
	if err := t.check(); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	if err := c.Write(append([]string{columnIndex, columnArch, columnSeed}, append(t.Measures[:len(t.Measures):len(t.Measures)], columnReasons)...)); err != nil {
		return err
	}
	for _, r := range t.Rows {
		line := []string{"", r.Arch, strconv.FormatUint(uint64(r.Seed), 10)}
		if r.Index >= 0 {
			line[0] = strconv.Itoa(r.Index)
		}
		for _, v := range r.Scores {
			text := ""
			if !undefined(v) {
				text = strconv.FormatFloat(v, 'g', -1, 64)
			}
			line = append(line, text)
		}
		reasons, err := reasonsText(r.Reasons)
		if err != nil {
			return err
		}
		if err := c.Write(append(line, reasons)); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// reasonsText is a JSON object, empty if there is nothing in it.
func reasonsText(reasons map[string]string) (string, error) {
	if len(reasons) == 0 {
		return "", nil
	}
	text, err := json.Marshal(reasons)
	return string(text), err
}

func parseReasons(text string) (reasons map[string]string, err error) {
	if text == "" {
		return nil, nil
	}
	err = json.Unmarshal([]byte(text), &reasons)
	return reasons, err
}

// ReadCSV reads a table that WriteCSV wrote, or any other with a line of names: a
// column arch_index (or index), columns of numbers, and possibly arch, seed and
// reasons.
func ReadCSV(r io.Reader) (*Table, error) {
	c := csv.NewReader(r)
	c.ReuseRecord = true
	names, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the table is empty")
	}
	if err != nil {
		return nil, err
	}
	t, at := new(Table), map[string]int{}
	var measures []int
	for i, name := range names {
		if name == "index" {
			name = columnIndex
		}
		if _, twice := at[name]; twice {
			return nil, fmt.Errorf("two columns are called %.60q", name)
		}
		at[name] = i
		switch name {
		case columnIndex, columnArch, columnSeed, columnReasons:
		default:
			t.Measures, measures = append(t.Measures, name), append(measures, i)
		}
	}
	if _, ok := at[columnIndex]; !ok {
		return nil, fmt.Errorf("the table has no column %s", columnIndex)
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		row, err := parseRow(record, at, measures)
		if err != nil {
			line, _ := c.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		t.Rows = append(t.Rows, row)
	}
}

func parseRow(record []string, at map[string]int, measures []int) (Row, error) {
	r := Row{Index: -1}
	var err error
	if text := record[at[columnIndex]]; text != "" {
		if r.Index, err = strconv.Atoi(text); err != nil || r.Index < 0 {
			return r, fmt.Errorf("%.40q is no index", text)
		}
	}
	if i, ok := at[columnArch]; ok {
		r.Arch = record[i]
	}
	if i, ok := at[columnSeed]; ok && record[i] != "" {
		seed, err := strconv.ParseUint(record[i], 10, 32)
		if err != nil {
			return r, fmt.Errorf("%.40q is no seed", record[i])
		}
		r.Seed = uint32(seed)
	}
	if i, ok := at[columnReasons]; ok {
		if r.Reasons, err = parseReasons(record[i]); err != nil {
			return r, fmt.Errorf("%.40q are no reasons", record[i])
		}
	}
	for _, i := range measures {
		v := math.NaN()
		if record[i] != "" {
			if v, err = strconv.ParseFloat(record[i], 64); err != nil || math.IsInf(v, 0) {
				return r, fmt.Errorf("%.40q is no score", record[i])
			}
		}
		r.Scores = append(r.Scores, v)
	}
	return r, nil
}
