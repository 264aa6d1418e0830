package archtable

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

func readGzip(r io.Reader) (*Table, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	limited := &io.LimitedReader{R: z, N: maxBytes}
	t, err := readCSV(limited)
	if limited.N == 0 {
		return nil, fmt.Errorf("unpacked it has more than %d MB", maxBytes>>20)
	}
	return t, err
}

// comment begins lines that are passed over.
const comment = "#"

// readCSV reads a table with a line of names. Lines are parted by commas or, if the
// first line has none, by semicolons or tabs.
func readCSV(r io.Reader) (*Table, error) {
	buffered := bufio.NewReader(r)
	in := csv.NewReader(buffered)
	in.Comma, in.ReuseRecord, in.Comment = separator(buffered), true, rune(comment[0])
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, err
	}
	header = append([]string{}, header...)
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	b, err := newBuilder(header)
	if err != nil {
		return nil, err
	}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return b.finish()
		}
		if err != nil {
			return nil, err
		}
		if err := b.row(record[b.keys.column]); err != nil {
			line, _ := in.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		for column, text := range record {
			b.text(column, text)
		}
	}
}

func separator(r *bufio.Reader) rune {
	head, _ := r.Peek(4 << 10)
	first, rest, _ := strings.Cut(string(head), "\n")
	for strings.HasPrefix(first, comment) {
		first, rest, _ = strings.Cut(rest, "\n")
	}
	for _, c := range ",;\t" {
		if strings.ContainsRune(first, c) {
			return c
		}
	}
	return ','
}
