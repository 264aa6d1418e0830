package train

import (
	"encoding/json"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/weights"
)

// EntryNetwork is the entry of a weights file with the config record, as JSON, of
// a network that is none of one cell.
const EntryNetwork = "network"

// WriteWeights writes the network as it is now, with what it is and where it was
// trained, into a .pth or .safetensors file. Equal runs give equal files.
func (t *Trainer) WriteWeights(path string) error {
	format, err := weights.FormatOf(path)
	if err != nil {
		return err
	}
	seed := int(t.run.Seed)
	description := weights.Description{
		Classes: t.run.Net.NumClasses(), Dataset: t.run.Dataset.String(), Seed: &seed, HP: t.run.Recipe.TotalEpochs(),
	}
	if !t.run.Folder.Equal(data.Info{}) {
		info, err := json.Marshal(t.run.Folder)
		if err != nil {
			return err
		}
		description.DatasetInfo = string(info)
	}
	if net, ok := t.run.Net.(cell.Network); ok {
		description.Arch = net.Arch().String()
		description.C, description.N, _ = net.Stages() // 0 for other widths, which the file then doesn't name
		return weights.WriteFile(path, format, t.params.StateDict(), description.Entries()...)
	}
	record, err := t.run.Net.MarshalJSON()
	if err != nil {
		return err
	}
	entries := append(description.Entries(), weights.Entry{Name: EntryNetwork, Value: weights.Text(record)})
	return weights.WriteFile(path, format, t.params.StateDict(), entries...)
}
