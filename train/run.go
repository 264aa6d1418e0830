package train

import (
	"encoding/json"
	"fmt"

	"cellnet/cell"
	"cellnet/data"
)

// Run names one training: together with the code and the images it determines
// every bit of the result. Initialization, order and augmentation of the images
// come from the seed by a stream of random numbers each.
type Run struct {
	Net     cell.Network `json:"net"`
	Dataset data.Dataset `json:"dataset"`
	Recipe  Recipe       `json:"recipe"`
	Seed    uint32       `json:"seed"`
}

// Validate returns an error that says what can't be trained.
func (r Run) Validate() error {
	if err := r.Net.Validate(); err != nil {
		return err
	}
	if _, err := r.Dataset.MarshalText(); err != nil {
		return err
	}
	if got, want := r.Net.Classes, r.Dataset.Classes(); got != want {
		return fmt.Errorf("network for %d classes, but %v has %d", got, r.Dataset, want)
	}
	return r.Recipe.Validate()
}

// text is equal for equal runs.
func (r Run) text() (string, error) {
	text, err := json.Marshal(r)
	return string(text), err
}
