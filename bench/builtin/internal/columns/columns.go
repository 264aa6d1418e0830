// Package columns packs tables of whole numbers: named columns of one length,
// split into planes of bytes and compressed by Zstandard.
package columns

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

const (
	magic     = "cellnet columns 1\n"
	maxPlanes = 8
	// maxBytes bounds what a damaged file can ask for.
	maxBytes = 64 << 20
)

// Column is a column of whole numbers; the zero value has none.
type Column struct {
	planes [][]byte // the bytes of all numbers, the lowest first
}

// Len is the number of rows.
func (c Column) Len() int {
	if len(c.planes) == 0 {
		return 0
	}
	return len(c.planes[0])
}

// At gives the number in a row.
func (c Column) At(row int) uint64 {
	var v uint64
	for i, p := range c.planes {
		v |= uint64(p[row]) << (8 * i)
	}
	return v
}

// Of makes a column of its numbers.
func Of(numbers []uint64) Column {
	var all uint64
	for _, v := range numbers {
		all |= v
	}
	var c Column
	for i := 0; i == 0 || all>>(8*i) > 0 && i < maxPlanes; i++ {
		plane := make([]byte, len(numbers))
		for row, v := range numbers {
			plane[row] = byte(v >> (8 * i))
		}
		c.planes = append(c.planes, plane)
	}
	return c
}

// Table is a number of named columns, all of Rows numbers.
type Table struct {
	Rows    int
	Columns map[string]Column
}

// Marshal packs the columns of those names, in their order.
func (t Table) Marshal(names []string) ([]byte, error) {
	b := binary.AppendUvarint([]byte(magic), uint64(t.Rows))
	b = binary.AppendUvarint(b, uint64(len(names)))
	for _, name := range names {
		c, ok := t.Columns[name]
		if !ok || c.Len() != t.Rows {
			return nil, fmt.Errorf("columns: column %s has %d rows, want %d", name, c.Len(), t.Rows)
		}
		b = binary.AppendUvarint(b, uint64(len(name)))
		b = append(b, name...)
		b = binary.AppendUvarint(b, uint64(len(c.planes)))
	}
	for _, name := range names {
		for _, p := range t.Columns[name].planes {
			b = append(b, p...)
		}
	}
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer e.Close()
	return e.EncodeAll(b, nil), nil
}

var errDamaged = errors.New("columns: the packed table is damaged")

// Unmarshal unpacks what Marshal packed.
func Unmarshal(packed []byte) (Table, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBytes))
	if err != nil {
		return Table{}, err
	}
	defer d.Close()
	b, err := d.DecodeAll(packed, nil)
	if err != nil {
		return Table{}, fmt.Errorf("columns: unpacking: %w", err)
	}
	if len(b) < len(magic) || string(b[:len(magic)]) != magic {
		return Table{}, errDamaged
	}
	return (&reader{b: b[len(magic):]}).table()
}

// reader takes numbers and bytes from the front of b; after a failure it gives
// zeros.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) number(most uint64) int {
	v, n := binary.Uvarint(r.b)
	if r.failed = r.failed || n <= 0 || v > most; r.failed {
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

func (r *reader) bytes(n int) []byte {
	if r.failed = r.failed || n > len(r.b); r.failed {
		return nil
	}
	taken := r.b[:n:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) table() (Table, error) {
	t := Table{Rows: r.number(maxBytes), Columns: map[string]Column{}}
	type head struct {
		name   string
		planes int
	}
	heads := make([]head, min(r.number(maxBytes), len(r.b)))
	for i := range heads {
		heads[i] = head{string(r.bytes(r.number(maxBytes))), r.number(maxPlanes)}
	}
	for _, h := range heads {
		var c Column
		for range h.planes {
			c.planes = append(c.planes, r.bytes(t.Rows))
		}
		t.Columns[h.name] = c
	}
	if r.failed || len(r.b) > 0 {
		return Table{}, errDamaged
	}
	return t, nil
}

// A decimal number of six digits is its digits in the low bits, the number of
// decimals above them.
const (
	digitBits = 20
	digits    = 6
)

// NoDecimal stands for a number that is not there.
const NoDecimal = 0

// ParseDecimal encodes a positive decimal number of up to six digits, such as
// 10.482.
func ParseDecimal(s string) (uint64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, err
	}
	whole, fraction, _ := strings.Cut(s, ".")
	text := strings.TrimLeft(whole+fraction, "0")
	decimals := len(fraction)
	for len(text) < digits && text != "" {
		text += "0"
		decimals++
	}
	m, err := strconv.ParseUint(text, 10, digitBits)
	if err != nil {
		return 0, fmt.Errorf("columns: %s is no positive number of six digits", s)
	}
	code := m | uint64(decimals)<<digitBits
	if got := Decimal(code); got != v {
		return 0, fmt.Errorf("columns: %s would be read as %v", s, got)
	}
	return code, nil
}

// Decimal is the number of a code, the nearest float64 to the decimal one.
func Decimal(code uint64) float64 {
	return float64(code&(1<<digitBits-1)) / math.Pow10(int(code>>digitBits))
}
