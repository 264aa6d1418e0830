package output

import (
	"bytes"
	"errors"
	"io"
	"os"

	"cellnet/internal/fileformat"
)

// Kind is what commands write.
type Kind uint8

// The kinds of outputs.
const (
	unknown Kind = iota
	empty
	Folder
	Weights        // of one network, in one of PyTorch's formats
	Safetensors    // weights, too
	TorchBenchmark // NAS-Bench-201's layout
	NATSBenchmark  // a file of NATS-Bench's layout
	NASLibBenchmark
	Store // a benchmark as Parquet
	CSV   // a table with a line of names, the first of which is that of an index
	SVG
	PNG
	DOT
	Records       // lines of JSON
	SearchResults // of searches, as the published plots read them
	trialFile
)

// String says what a file is.
func (k Kind) String() string {
	switch k {
	case empty:
		return "empty"
	case Folder:
		return "a folder"
	case Weights:
		return "a weights file"
	case Safetensors:
		return "a safetensors file"
	case TorchBenchmark:
		return "a benchmark file of NAS-Bench-201's layout"
	case NATSBenchmark:
		return "a bzip2 file"
	case NASLibBenchmark:
		return "a benchmark file of NASLib's layout"
	case Store:
		return "a Parquet file"
	case CSV:
		return "a table in CSV"
	case SVG:
		return "an SVG picture"
	case PNG:
		return "a PNG picture"
	case DOT:
		return "a DOT file"
	case Records:
		return "lines of JSON"
	case SearchResults:
		return "a file of search results"
	case trialFile:
		return "a trial file"
	}
	return "something else"
}

// isResult tells whether files of the kind are never read.
func (k Kind) isResult() bool {
	return k == SVG || k == PNG || k == DOT || k == Records || k == SearchResults
}

// headSize is how much of a file is looked at. The keys of a pickle's root that tell
// its kind come early.
const headSize = 4 << 10

// kindOf tells what kind of file is there by its first bytes.
func kindOf(path string) (Kind, error) {
	f, err := os.Open(path)
	if err != nil {
		return unknown, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return unknown, err
	}
	format, err := fileformat.Of(f, info.Size())
	if err != nil {
		return unknown, err
	}
	head := make([]byte, headSize)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return unknown, err
	}
	return kindOfHead(format, head[:n]), nil
}

func kindOfHead(format fileformat.Format, head []byte) Kind {
	has := func(text string) bool { return bytes.Contains(head, []byte(text)) }
	switch format {
	case fileformat.Empty:
		return empty
	case fileformat.TorchZip, fileformat.TorchLegacy:
		switch {
		case has("meta_archs"), has("arch2infos"), has("all_results"):
			return TorchBenchmark
		case has("train_acc1es"), has(fileformat.TrialFileKey):
			return trialFile
		case has("all_archs"):
			return SearchResults
		}
		return Weights
	case fileformat.Bzip2:
		return NATSBenchmark
	case fileformat.Pickle:
		if has("|+|") && has("train_losses") {
			return NASLibBenchmark
		}
	case fileformat.Parquet:
		return Store
	case fileformat.Safetensors:
		return Safetensors
	}
	switch {
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n")):
		return PNG
	case has("<svg") && (bytes.HasPrefix(head, []byte("<svg")) || bytes.HasPrefix(head, []byte("<?xml"))):
		return SVG
	case bytes.HasPrefix(head, []byte("digraph")):
		return DOT
	case bytes.HasPrefix(head, []byte(`{"`)) && has("}\n"), bytes.HasPrefix(head, []byte(`{"`)) && len(head) == headSize:
		return Records
	case bytes.HasPrefix(head, []byte("arch_index,")):
		return CSV
	}
	return unknown
}
