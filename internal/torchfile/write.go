package torchfile

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"strconv"

	"cellnet/internal/pickle"
)

// Write writes v, a tree as package pickle takes it whose storages have their
// data, so that torch.load reads it back. The same tree gives the same bytes.
func Write(w io.Writer, v any, format Format) error {
	if format == Zip {
		return writeZip(w, v)
	}
	return pickle.WriteLegacy(w, v)
}

const (
	zipRoot   = "archive/"
	alignment = 64 // of records within the file, as PyTorch has them for mapping into memory
)

func writeZip(w io.Writer, v any) error {
	var objects bytes.Buffer
	var table pickle.StorageTable
	writer := pickle.NewWriter(&objects, pickle.Protocol2)
	writer.StorageKey = table.Key
	if err := writer.Write(v); err != nil {
		return err
	}
	counted := &counter{w: w}
	archive := zip.NewWriter(counted)
	add := func(name string, data []byte) error {
		return addRecord(archive, counted, zipRoot+name, data)
	}
	if err := add("data.pkl", objects.Bytes()); err != nil {
		return err
	}
	if err := add("byteorder", []byte("little")); err != nil {
		return err
	}
	for i, s := range table.Storages {
		if err := add("data/"+strconv.Itoa(i), s.Data); err != nil {
			return err
		}
	}
	if err := add("version", []byte("3\n")); err != nil {
		return err
	}
	return archive.Close()
}

// addRecord stores data in one record that starts at a multiple of alignment.
// PyTorch's reader wants sizes and checksum in front of the data.
func addRecord(archive *zip.Writer, counted *counter, name string, data []byte) error {
	if uint64(len(data)) >= math.MaxUint32 {
		return fmt.Errorf("torchfile: a tensor of %d bytes cannot be written in the zip format, only in the legacy one", len(data))
	}
	if err := archive.Flush(); err != nil {
		return err
	}
	const localHeader, extraHeader = 30, 4
	start := counted.n + int64(localHeader+len(name)+extraHeader)
	padding := int((alignment - start%alignment) % alignment)
	record, err := archive.CreateRaw(&zip.FileHeader{
		Name:               name,
		Method:             zip.Store,
		CRC32:              crc32.ChecksumIEEE(data),
		CompressedSize64:   uint64(len(data)),
		UncompressedSize64: uint64(len(data)),
		Extra:              append([]byte{'F', 'B', byte(padding), 0}, make([]byte, padding)...),
	})
	if err != nil {
		return err
	}
	_, err = record.Write(data)
	return err
}

// counter knows the place in the file.
type counter struct {
	w io.Writer
	n int64
}

// Write passes on and counts.
func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
