package record

import "encoding/json"

// NetConfig says how a trial's network was built: in the topology search space
// by Channels, Cells and ArchString, in the size search space by ArchString, the
// widths of its five stages such as "8:16:32:40:64", and Genotype.
type NetConfig struct {
	Channels   int    // of the first stage; 0 in the size search space
	Cells      int    // of each stage; 0 in the size search space
	ArchString string // of the cell, or widths
	Genotype   string // arch string of the cell in the size search space, else ""
	Classes    int
}

// IsSize reports whether the network belongs to the size search space.
func (c NetConfig) IsSize() bool { return c.Genotype != "" }

// MarshalJSON gives the record that the published APIs return.
func (c NetConfig) MarshalJSON() ([]byte, error) {
	if c.IsSize() {
		return json.Marshal(struct {
			Name     string `json:"name"`
			Channels string `json:"channels"`
			Genotype string `json:"genotype"`
			Classes  int    `json:"num_classes"`
		}{"infer.shape.tiny", c.ArchString, c.Genotype, c.Classes})
	}
	return json.Marshal(struct {
		Name    string `json:"name"`
		C       int    `json:"C"`
		N       int    `json:"N"`
		Arch    string `json:"arch_str"`
		Classes int    `json:"num_classes"`
	}{"infer.tiny", c.Channels, c.Cells, c.ArchString, c.Classes})
}
