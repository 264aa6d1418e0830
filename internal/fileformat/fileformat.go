// Package fileformat tells by its first bytes what kind of file is read.
package fileformat

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"unicode"
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
	XZ
	Zstandard
	SevenZip
	RAR
	HTML
	XML
	JSON
	LFSPointer // what Git LFS keeps in the place of a large file
	HDF5
	Zeros // where a download left off, or never began
)

// TorchMagic starts the files of PyTorch's legacy format: a number, pickled in
// protocol 2.
const TorchMagic = "\x80\x02" + torchNumber

const torchNumber = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."

// TorchMagicLen returns the length of the number that starts files of PyTorch's
// legacy format, in whatever protocol; 0 if it is not there.
func TorchMagicLen(head []byte) int {
	const text = "L119547037146038801333356L\n." // protocols 0 and 1
	if bytes.HasPrefix(head, []byte(text)) {
		return len(text)
	}
	if len(head) < 2 || head[0] != 0x80 {
		return 0
	}
	at := 2
	if frame := 1 + 8; len(head) > at+frame && head[at] == 0x95 { // with its length
		at += frame
	}
	if !bytes.HasPrefix(head[at:], []byte(torchNumber)) {
		return 0
	}
	return at + len(torchNumber)
}

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
	case TorchMagicLen(head) > 0:
		return TorchLegacy
	case has("PAR1"):
		return Parquet
	case has("BZh"):
		return Bzip2
	case len(head) > 8 && head[8] == '{' && binary.LittleEndian.Uint64(head) < 1<<40:
		return Safetensors
	case head[0] == 0x80, has("(dp"), has("(lp"), has("}q"), has("]q"), isGlobal(head):
		return Pickle
	case has("\x1f\x8b"):
		return Gzip
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return Tar
	case has("\xfd7zXZ\x00"):
		return XZ
	case has("\x28\xb5\x2f\xfd"):
		return Zstandard
	case has("7z\xbc\xaf\x27\x1c"):
		return SevenZip
	case has("Rar!\x1a\x07"):
		return RAR
	case has("\x89HDF\r\n\x1a\n"):
		return HDF5
	case has("version https://git-lfs.github.com/"):
		return LFSPointer
	case len(bytes.TrimLeft(head, "\x00")) == 0:
		return Zeros
	}
	return ofText(head)
}

// isGlobal tells whether a pickle without a mark of its protocol begins with a
// class: its module and its name, a line each.
func isGlobal(head []byte) bool {
	module, rest, ok := bytes.Cut(head, []byte("\n"))
	name, _, ok2 := bytes.Cut(rest, []byte("\n"))
	return ok && ok2 && len(module) > 1 && module[0] == 'c' && isName(module) && isName(name)
}

func isName(text []byte) bool {
	return len(text) > 0 && !bytes.ContainsFunc(text, func(r rune) bool {
		return r != '_' && r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// ofText tells apart what servers send in the place of a file.
func ofText(head []byte) Format {
	text := bytes.ToLower(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))
	for {
		text = bytes.TrimLeft(text, " \t\r\n")
		inside, comment := bytes.CutPrefix(text, []byte("<!--"))
		if !comment {
			break
		}
		_, text, _ = bytes.Cut(inside, []byte("-->"))
	}
	has := func(prefix string) bool { return bytes.HasPrefix(text, []byte(prefix)) }
	switch {
	case bytes.Contains(text, []byte("<html")) && has("<"), has("<!doctype html"),
		has("<head"), has("<body"), has("<title"), has("<meta"), has("<script"), has("<center"):
		return HTML
	case has("<?xml") && !bytes.Contains(text, []byte("<svg")), has("<error"):
		return XML
	case has("{") && bytes.HasPrefix(bytes.TrimLeft(text[1:], " \t\r\n"), []byte(`"`)):
		return JSON
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
	case XZ, Zstandard, SevenZip, RAR:
		return "it is packed with " + f.packer() + ": unpack it first"
	case XML, JSON:
		return "it is text in " + f.language() + ", perhaps what a server answered in the place of the file: fetch it again"
	case HDF5:
		return "it is an HDF5 file"
	case Zeros:
		return "it begins with zeros: the download is not complete, fetch the file again"
	case LFSPointer:
		return "it is a Git LFS pointer, not the file itself: fetch that with git lfs pull"
	}
	return ""
}

func (f Format) packer() string {
	switch f {
	case XZ:
		return "xz"
	case Zstandard:
		return "zstd"
	case SevenZip:
		return "7z"
	}
	return "rar"
}

func (f Format) language() string {
	if f == XML {
		return "XML"
	}
	return "JSON"
}
