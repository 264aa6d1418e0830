package train

import (
	"encoding/json"
	"fmt"

	"cellnet/cell/spec"
	"cellnet/data"
)

// Run names one training: together with the code and the images it determines
// every bit of the result. Initialization, order and augmentation of the images
// come from the seed by a stream of random numbers each.
type Run struct {
	Net     spec.Network `json:"net"`
	Dataset data.Dataset `json:"dataset"`
	Recipe  Recipe       `json:"recipe"`
	Seed    uint32       `json:"seed"`
	// Folder is what is known of the pictures if Dataset is [data.Folder].
	Folder data.Info `json:"folder,omitzero"`
}

// Info is what is known of the images.
func (r Run) Info() data.Info {
	if info, ok := r.Dataset.Info(); ok {
		return info
	}
	return r.Folder
}

// Validate returns an error that says what can't be trained.
func (r Run) Validate() error {
	if err := r.Net.Validate(); err != nil {
		return err
	}
	if _, err := r.Dataset.MarshalText(); err != nil {
		return err
	}
	info := r.Info()
	if err := info.Validate(); err != nil {
		return fmt.Errorf("images of %v: %w", r.Dataset, err)
	}
	if got, want := r.Net.NumClasses(), info.Classes; got != want {
		return fmt.Errorf("network for %d classes, but %v has %d", got, r.Dataset, want)
	}
	if err := r.Net.CheckSide(info.Side); err != nil {
		return err
	}
	return r.Recipe.Validate()
}

// UnmarshalJSON reads what encoding/json writes: the network is a config record
// of any kind.
func (r *Run) UnmarshalJSON(data []byte) error {
	type fields Run // without methods
	var read struct {
		fields
		Net json.RawMessage `json:"net"`
	}
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	net, err := spec.ReadRecord(read.Net)
	if err != nil {
		return err
	}
	*r = Run(read.fields)
	r.Net = net
	return nil
}

// text is equal for equal runs.
func (r Run) text() (string, error) {
	text, err := json.Marshal(r)
	return string(text), err
}
