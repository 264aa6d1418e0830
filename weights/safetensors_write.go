package weights

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"
)

// writeSafetensors writes the names in the header in the order of s, the data
// of larger types first: so every tensor is aligned to its type, as readers
// expect that map the file into memory.
func writeSafetensors(w io.Writer, s *StateDict, entries []Entry) error {
	var header bytes.Buffer
	header.WriteByte('{')
	if err := writeMetadata(&header, entries); err != nil {
		return err
	}
	order := make([]string, 0, s.Len())
	for name, t := range s.All() {
		if _, err := t.check(); err != nil {
			return fmt.Errorf("tensor %s: %w", name, err)
		}
		if name == metadataKey {
			return fmt.Errorf("weights: a tensor must not be named %s", name)
		}
		order = append(order, name)
	}
	slices.SortStableFunc(order, func(a, b string) int {
		return s.tensors[b].DType.Size() - s.tensors[a].DType.Size()
	})
	starts, size := make(map[string]int, len(order)), 0
	for _, name := range order {
		starts[name] = size
		size += len(s.tensors[name].Data)
	}
	for name, t := range s.All() {
		if header.Len() > 1 {
			header.WriteByte(',')
		}
		if err := writeJSON(&header, name); err != nil {
			return err
		}
		header.WriteByte(':')
		info := struct {
			DType   string `json:"dtype"`
			Shape   []int  `json:"shape"`
			Offsets [2]int `json:"data_offsets"`
		}{safetensorsTypes[t.DType], append([]int{}, t.Shape...), [2]int{starts[name], starts[name] + len(t.Data)}}
		if err := writeJSON(&header, info); err != nil {
			return err
		}
	}
	header.WriteByte('}')
	for header.Len()%8 != 0 {
		header.WriteByte(' ')
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(header.Len()))); err != nil {
		return err
	}
	if _, err := header.WriteTo(w); err != nil {
		return err
	}
	for _, name := range order {
		if _, err := w.Write(s.tensors[name].Data); err != nil {
			return err
		}
	}
	return nil
}

// formatEntry is the metadata's name for the library that the tensors are of.
const formatEntry = "format"

// writeMetadata writes the entries, and that the tensors are PyTorch's, which
// some readers ask for.
func writeMetadata(header *bytes.Buffer, entries []Entry) error {
	header.WriteString(`"` + metadataKey + `":{"` + formatEntry + `":"pt"`)
	seen := map[string]bool{formatEntry: true}
	for _, e := range entries {
		var text string
		switch v := e.Value.(type) {
		case Text:
			text = string(v)
		case Int:
			text = strconv.FormatInt(int64(v), 10)
		case Float:
			text = strconv.FormatFloat(float64(v), 'g', -1, 64)
		case Flag:
			text = strconv.FormatBool(bool(v))
		default:
			return fmt.Errorf("weights: entry %s cannot be written in safetensors, which holds texts only", e.Name)
		}
		if seen[e.Name] {
			return fmt.Errorf("weights: two entries %s", e.Name)
		}
		seen[e.Name] = true
		header.WriteByte(',')
		if err := writeJSON(header, e.Name); err != nil {
			return err
		}
		header.WriteByte(':')
		if err := writeJSON(header, text); err != nil {
			return err
		}
	}
	header.WriteByte('}')
	return nil
}

func writeJSON(out *bytes.Buffer, v any) error {
	if text, ok := v.(string); ok && !utf8.ValidString(text) {
		return fmt.Errorf("weights: %.40q is not UTF-8", text)
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	out.Truncate(out.Len() - 1) // its line feed
	return nil
}
