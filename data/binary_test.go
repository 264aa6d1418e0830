package data

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// binaryRecords returns n records of the .bin layout: label bytes 19 and
// label(i), then value j (31*i + 7*j) % 256.
func binaryRecords(n, labelBytes int, label func(i int) int) []byte {
	var out []byte
	for i := range n {
		if labelBytes == 2 {
			out = append(out, 19)
		}
		out = append(out, byte(label(i)))
		for j := range cifarSize {
			out = append(out, byte(31*i+7*j))
		}
	}
	return out
}

func TestBinaryFiles(t *testing.T) {
	for _, c := range []struct {
		name       string
		decode     decoder
		labelBytes int
		classes    int
	}{
		{"CIFAR-10", decodeCIFAR10Binary, 1, 10},
		{"CIFAR-100", decodeCIFAR100Binary, 2, 100},
	} {
		label := func(i int) int { return i % c.classes }
		content := binaryRecords(101, c.labelBytes, label)
		m, err := c.decode(content)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for i := range m.Len() {
			record := content[i*len(content)/101:][c.labelBytes:][:cifarSize]
			if m.Label(i) != label(i) || !bytes.Equal(m.Pixels(i), record) {
				t.Errorf("%s: image %d with label %d is wrong", c.name, i, m.Label(i))
			}
		}
		if m.Len() != 101 {
			t.Errorf("%s: %d images", c.name, m.Len())
		}
		for _, bad := range []struct {
			content []byte
			want    string
		}{
			{nil, "0 bytes, want a multiple of"},
			{content[:len(content)-1], "cut off"},
			{binaryRecords(3, c.labelBytes, func(i int) int { return c.classes * (i / 2) }), "image 2 has label"},
		} {
			if _, err := c.decode(bad.content); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), bad.want) {
				t.Errorf("%s: error %v, want %q", c.name, err, bad.want)
			}
		}
	}
}

func FuzzCIFARBinary(f *testing.F) {
	f.Add(binaryRecords(1, 1, func(int) int { return 9 }))
	f.Add(binaryRecords(1, 2, func(int) int { return 99 }))
	fuzzDecoder(f, func(content []byte) (*Images, error) {
		if m, err := decodeCIFAR10Binary(content); err == nil {
			return m, nil
		}
		return decodeCIFAR100Binary(content)
	}, 100)
}
