// Package fileformat tells by its first bytes what kind of file is read.
package fileformat

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"
	"strings"
)

// Format is a kind of file.
type Format uint8

// The formats. Those from Gzip on are read by no reader of this module.
const (
	Unknown     Format = iota
	Empty              // no bytes
	TorchZip           // a zip archive, as torch.save makes since PyTorch 1.6
	TorchLegacy        // torch.save before
	Pickle             // a Python pickle by itself
	Bzip2
	Safetensors
	Parquet
	Gzip
	Tar
	HTML
	LFSPointer // what Git LFS keeps in the place of a large file
)

// TorchMagic starts the files of PyTorch's legacy format: a pickled number.
const TorchMagic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."

// TrialFileKey is the entry of a pickle's root that only files of trials have.
const TrialFileKey = "all_dataset_keys"

// headSize is the number of bytes that tell every format: tar's mark is far in.
const headSize = 512

// Of tells the format of a file of the given size.
func Of(r io.ReaderAt, size int64) (Format, error) {
	head := make([]byte, min(size, headSize))
	if n, err := r.ReadAt(head, 0); n < len(head) && err != nil {
		if !errors.Is(err, io.EOF) {
			return Unknown, err
		}
		head = head[:n]
	}
	return ofHead(head), nil
}

func ofHead(head []byte) Format {
	has := func(prefix string) bool { return bytes.HasPrefix(head, []byte(prefix)) }
	switch {
	case len(head) == 0:
		return Empty
	case has("PK\x03\x04"), has("PK\x05\x06"):
		return TorchZip
	case has(TorchMagic):
		return TorchLegacy
	case has("PAR1"):
		return Parquet
	case has("BZh"):
		return Bzip2
	case len(head) > 8 && head[8] == '{' && binary.LittleEndian.Uint64(head) < 1<<40:
		return Safetensors
	case head[0] == 0x80, has("(dp"), has("(lp"), has("}q"), has("]q"), has("ccollections\n"):
		return Pickle
	case has("\x1f\x8b"):
		return Gzip
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return Tar
	case has("version https://git-lfs.github.com/"):
		return LFSPointer
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	if bytes.HasPrefix(text, []byte("<!doctype html")) || bytes.HasPrefix(text, []byte("<html")) ||
		bytes.HasPrefix(text, []byte("<?xml")) && bytes.Contains(text, []byte("<html")) {
		return HTML
	}
	return Unknown
}

// Piece tells whether a file's name is that of a piece of an archive that was cut
// for downloading, such as archive.taraa.
func Piece(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	piece := len(ext) == len(".taraa") && strings.HasPrefix(ext, ".tar")
	return piece && ext[4] >= 'a' && ext[4] <= 'z' && ext[5] >= 'a' && ext[5] <= 'z'
}

// ExplainPiece says what to do with a [Piece].
const ExplainPiece = "it is a piece of a tar archive: join the pieces (cat NAME.tara? > NAME.tar) and unpack that"

// Explain says what is wrong with a file that no reader takes, and what to do;
// it is empty for other formats.
func (f Format) Explain() string {
	switch f {
	case Empty:
		return "the file is empty"
	case Gzip:
		return "it is packed with gzip: unpack it first"
	case Tar:
		return "it is a tar archive: unpack it first"
	case HTML:
		return "it is an HTML page: the download failed, fetch the file again"
	case LFSPointer:
		return "it is a Git LFS pointer, not the file itself: fetch that with git lfs pull"
	}
	return ""
}
