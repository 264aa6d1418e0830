package weights

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// maxHeader is the size of the largest header, as in the format's own library.
const maxHeader = 100_000_000

// metadataKey is the name in the header that is no tensor.
const metadataKey = "__metadata__"

var safetensorsTypes = [...]string{
	Float32: "F32", Float64: "F64", Float16: "F16", BFloat16: "BF16",
	Int64: "I64", Int32: "I32", Int16: "I16", Int8: "I8", Uint8: "U8", Bool: "BOOL",
}

// safeTensor is a tensor as a header has it.
type safeTensor struct {
	TensorInfo
	start, end int64 // in the data after the header
}

// openSafetensors reads the header. The order of tensors is that of their
// names in the header.
func (f *File) openSafetensors(r io.ReaderAt) error {
	var length [8]byte
	if err := readFull(r, length[:], 0); err != nil {
		return err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > uint64(f.size-8) {
		return &FormatError{Reason: fmt.Sprintf("the safetensors header of %d bytes is cut off: fetch it again", n)}
	}
	if n > maxHeader {
		return &UnsupportedError{What: fmt.Sprintf("a safetensors header of %d bytes", n)}
	}
	header := make([]byte, n)
	if err := readFull(r, header, 8); err != nil {
		return err
	}
	tensors, metadata, err := parseHeader(header)
	if err != nil {
		return err
	}
	if err := checkPlaces(tensors, f.size-8-int64(n)); err != nil {
		return err
	}
	all := make([]string, len(tensors))
	for i, t := range tensors {
		all[i] = t.Name
	}
	parts := divide(all)
	for _, part := range parts {
		if len(part.members) == 0 {
			continue
		}
		network := &Network{Prefix: part.prefix}
		network.describeBy(metadata)
		if len(parts) > 1 {
			network.Entry = strings.TrimSuffix(part.prefix, ".")
		}
		network.noteAside(part.aside)
		members := make([]safeTensor, len(part.members))
		for i, member := range part.members {
			members[i] = tensors[member]
			members[i].Name = members[i].Name[len(part.prefix):]
			network.Tensors = append(network.Tensors, members[i].TensorInfo)
		}
		network.load = func() (*StateDict, error) {
			data := make([]byte, f.size-8-int64(n))
			if err := readFull(r, data, 8+int64(n)); err != nil {
				return nil, err
			}
			s := new(StateDict)
			for _, t := range members {
				s.Set(t.Name, Tensor{DType: t.DType, Shape: slices.Clone(t.Shape), Data: data[t.start:t.end:t.end]})
			}
			return s, nil
		}
		network.complete(f, measure(network.Tensors))
		f.networks = append(f.networks, network)
	}
	for _, e := range metadata {
		if e.Name == formatEntry {
			continue
		}
		value := e.Value
		if n, err := strconv.ParseInt(string(value.(Text)), 10, 64); err == nil && isNumber(e.Name) {
			value = Int(n)
		}
		f.entries = append(f.entries, fileEntry{e.Name, func() (Value, error) { return value, nil }})
	}
	return nil
}

func namesOf(tensors []TensorInfo) []string {
	names := make([]string, len(tensors))
	for i, t := range tensors {
		names[i] = t.Name
	}
	return names
}

// parseHeader reads the header's JSON name by name, to keep the order and find
// names that are there twice.
func parseHeader(header []byte) (tensors []safeTensor, metadata []Entry, err error) {
	in := json.NewDecoder(bytes.NewReader(header))
	fail := func(err error) error {
		return &FormatError{Reason: fmt.Sprintf("the safetensors header is broken: %.200v", err)}
	}
	if _, err := in.Token(); err != nil { // its { was seen
		return nil, nil, fail(err)
	}
	seen := map[string]bool{}
	for in.More() {
		token, err := in.Token()
		if err != nil {
			return nil, nil, fail(err)
		}
		name := token.(string)
		if seen[name] {
			return nil, nil, fail(fmt.Errorf("two tensors are named %.100s", name))
		}
		seen[name] = true
		if name == metadataKey {
			if metadata, err = parseMetadata(in); err != nil {
				return nil, nil, fail(err)
			}
			continue
		}
		var t struct {
			DType   *string  `json:"dtype"`
			Shape   []int64  `json:"shape"`
			Offsets [2]int64 `json:"data_offsets"`
		}
		if err := in.Decode(&t); err != nil {
			return nil, nil, fail(fmt.Errorf("tensor %.100s: %w", name, err))
		}
		if t.DType == nil || t.Shape == nil {
			return nil, nil, fail(fmt.Errorf("tensor %.100s lacks its type or shape", name))
		}
		dtype := slices.Index(safetensorsTypes[:], *t.DType)
		if dtype < 0 {
			return nil, nil, &UnsupportedError{What: fmt.Sprintf("tensor %.100s of type %.20s", name, *t.DType)}
		}
		shape := make([]int, len(t.Shape))
		for i, d := range t.Shape {
			shape[i] = int(d)
		}
		tensors = append(tensors, safeTensor{TensorInfo{name, DType(dtype), shape}, t.Offsets[0], t.Offsets[1]})
	}
	if _, err := in.Token(); err != nil {
		return nil, nil, fail(err)
	}
	if rest := bytes.TrimSpace(header[in.InputOffset():]); len(rest) > 0 {
		return nil, nil, fail(errors.New("it does not end with its object"))
	}
	return tensors, metadata, nil
}

// parseMetadata reads an object of texts.
func parseMetadata(in *json.Decoder) ([]Entry, error) {
	if open, err := in.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("the metadata are no object")
	}
	var out []Entry
	for in.More() {
		name, err := in.Token()
		if err != nil {
			return nil, err
		}
		value, err := in.Token()
		if err != nil {
			return nil, err
		}
		text, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("metadata %.100s are no text", name)
		}
		out = append(out, Entry{name.(string), Text(text)})
	}
	_, err := in.Token()
	return out, err
}

// checkPlaces makes sure that the tensors fill the data without gaps and
// overlaps, and that their shapes are right.
func checkPlaces(tensors []safeTensor, size int64) error {
	order := slices.Clone(tensors)
	slices.SortStableFunc(order, func(a, b safeTensor) int {
		if a.start != b.start {
			return cmpInt(a.start, b.start)
		}
		return cmpInt(a.end, b.end)
	})
	at := int64(0)
	for _, t := range order {
		if t.start != at || t.end < t.start || t.end > size {
			return &FormatError{Reason: fmt.Sprintf("tensor %.100s lies at %d to %d where %d to at most %d are free: the file is cut off or damaged: fetch it again", t.Name, t.start, t.end, at, size)}
		}
		bytes := int64(t.DType.Size())
		for _, d := range t.Shape {
			if d < 0 || d > 0 && bytes > math.MaxInt64/int64(d) {
				return &FormatError{Reason: fmt.Sprintf("tensor %.100s has the shape %v", t.Name, t.Shape)}
			}
			bytes *= int64(d)
		}
		if bytes != t.end-t.start {
			return &FormatError{Reason: fmt.Sprintf("tensor %.100s of type %v and shape %v has %d bytes", t.Name, t.DType, t.Shape, t.end-t.start)}
		}
		at = t.end
	}
	if at != size {
		return &FormatError{Reason: fmt.Sprintf("%d bytes follow the last tensor", size-at)}
	}
	return nil
}

func cmpInt(a, b int64) int {
	if a < b {
		return -1
	}
	return 1
}

// isNumber reports whether an entry of a Description is a number, which
// metadata spell out.
func isNumber(name string) bool {
	return slices.Contains([]string{"C", "N", "classes", "seed", "hp"}, name)
}

// describeBy reads what writeSafetensors writes of a Description, and what others
// write so.
func (n *Network) describeBy(metadata []Entry) {
	d := &n.Description
	var told []statement
	for _, e := range metadata {
		text := string(e.Value.(Text))
		number, err := strconv.Atoi(text)
		positive := err == nil && number > 0
		if slices.Contains(archEntries(), e.Name) {
			if st, ok := archOfText(text); ok && (e.Name != channelsEntry || st.widths()) {
				st.entry = e.Name
				told = append(told, st)
			} else if e.Name != channelsEntry {
				n.note("%s %.60q is no architecture and says nothing here", e.Name, text)
			}
		}
		switch e.Name {
		case "dataset":
			d.Dataset = text
		case datasetInfoEntry:
			d.DatasetInfo = text
		case "seed":
			if err == nil {
				d.Seed = &number
			}
		case "C":
			if positive {
				d.C = number
			}
		case "N":
			if positive {
				d.N = number
			}
		case "classes":
			if positive {
				d.Classes = number
			}
		case "hp":
			if positive {
				d.HP = number
			}
		}
	}
	n.tell(told)
}

func readFull(r io.ReaderAt, b []byte, at int64) error {
	if n, err := r.ReadAt(b, at); n < len(b) {
		if errors.Is(err, io.EOF) {
			return &FormatError{Reason: "the file is cut off: fetch it again"}
		}
		return err
	}
	return nil
}
