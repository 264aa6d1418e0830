package train

import (
	"cellnet/weights"
)

// WriteWeights writes the network as it is now, with what it is and where it was
// trained, into a .pth or .safetensors file. Equal runs give equal files.
func (t *Trainer) WriteWeights(path string) error {
	format, err := weights.FormatOf(path)
	if err != nil {
		return err
	}
	seed := int(t.run.Seed)
	channels, cells, _ := t.run.Net.Stages() // 0 for other widths, which the file then doesn't name
	description := weights.Description{
		Arch: t.run.Net.Cell.String(), C: channels, N: cells, Classes: t.run.Net.Classes,
		Dataset: t.run.Dataset.String(), Seed: &seed, HP: t.run.Recipe.TotalEpochs(),
	}
	return weights.WriteFile(path, format, t.params.StateDict(), description.Entries()...)
}
