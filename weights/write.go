package weights

import (
	"fmt"
	"io"

	"cellnet/internal/atomicfile"
	"cellnet/internal/torchfile"
)

// stateDictEntry is the name under which this program writes a state dict.
const stateDictEntry = "net_state_dict"

const datasetInfoEntry = "dataset_info"

// Write writes a state dict. Without entries, torch.load gives an OrderedDict
// of tensors back, otherwise a dict with the entries in order and the state
// dict as its last, "net_state_dict". In safetensors, entries become metadata:
// only Text, Int, Float and Flag are possible. Equal input gives equal bytes.
func Write(w io.Writer, format Format, s *StateDict, entries ...Entry) error {
	var container torchfile.Format
	switch format {
	case Safetensors:
		return writeSafetensors(w, s, entries)
	case Legacy:
		container = torchfile.Legacy
	case Zip:
		container = torchfile.Zip
	default:
		return fmt.Errorf("weights: format %v is not written", format)
	}
	var whole Value = s
	if len(entries) > 0 {
		all := make(Dict, 0, len(entries)+1)
		seen := map[string]bool{stateDictEntry: true}
		for _, e := range entries {
			if seen[e.Name] {
				return fmt.Errorf("weights: two entries %s", e.Name)
			}
			seen[e.Name] = true
			all = append(all, e)
		}
		whole = append(all, Entry{stateDictEntry, s})
	}
	tree, err := pickledValue(whole)
	if err != nil {
		return err
	}
	return torchfile.Write(w, tree, container)
}

// WriteFile is Write into the file of that name, which is there whole or not
// at all.
func WriteFile(name string, format Format, s *StateDict, entries ...Entry) error {
	return atomicfile.Write(name, func(w io.Writer) error {
		return Write(w, format, s, entries...)
	})
}

// Entries gives what d tells as entries for Write, in the names that Open
// reads.
func (d Description) Entries() []Entry {
	var out []Entry
	text := func(name, v string) {
		if v != "" {
			out = append(out, Entry{name, Text(v)})
		}
	}
	number := func(name string, v int) {
		if v != 0 {
			out = append(out, Entry{name, Int(v)})
		}
	}
	text("arch", d.Arch)
	number("C", d.C)
	number("N", d.N)
	number("classes", d.Classes)
	text("dataset", d.Dataset)
	text(datasetInfoEntry, d.DatasetInfo)
	if d.Seed != nil {
		out = append(out, Entry{"seed", Int(*d.Seed)})
	}
	number("hp", d.HP)
	return out
}
