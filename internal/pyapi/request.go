package pyapi

import (
	"encoding/json"
	"fmt"

	"cellnet/bench"
	"cellnet/data"
)

// request is a call of a client.
type request struct {
	Call string    `json:"call"`
	Args arguments `json:"args"`
}

// arguments are those of all calls under the names of the published programs. Those
// that Python takes in several types stay as they came.
type arguments struct {
	File     string `json:"file"`
	Program  string `json:"program"`
	Space    string `json:"space"`
	FastMode bool   `json:"fast_mode"`

	Index       json.RawMessage `json:"index"` // a number or an arch string
	Dataset     *string         `json:"dataset"`
	HP          json.RawMessage `json:"hp"` // a text or a number
	Epoch       *int            `json:"iepoch"`
	IsRandom    json.RawMessage `json:"is_random"`
	Set         string          `json:"setname"`
	Seed        *int            `json:"seed"`
	MaxFLOPs    *float64        `json:"flop_max"`
	MaxParams   *float64        `json:"param_max"`
	EnforceAll  *bool           `json:"enforce_all"`
	ArchiveRoot string          `json:"archive_root"`
	Edits       []edit          `json:"edits"`
}

// edit is a change that a client made to an object of its own.
type edit struct {
	Call    string  `json:"call"`
	Dataset string  `json:"dataset"`
	Seed    *int    `json:"seed"`
	Set     string  `json:"setname"`
	Value   float64 `json:"value"` // seconds
}

// unknownDataset is what a name that is none stands for: no architecture has trials on
// it.
const unknownDataset data.Dataset = 0

func (a *arguments) dataset() data.Dataset { return datasetOf(a.datasetName()) }

// datasetName is the dataset's name as Python writes it.
func (a *arguments) datasetName() string {
	if a.Dataset == nil {
		return "None"
	}
	return *a.Dataset
}

func datasetOf(name string) data.Dataset {
	d, err := data.ParseDataset(name)
	if err != nil {
		return unknownDataset
	}
	return d
}

// unknownSet is what a name that is none stands for: no trial has been evaluated on
// it.
const unknownSet data.Set = 0

// set reads a set's name; valid is x-valid.
func (a *arguments) set() data.Set {
	if a.Set == "valid" {
		return data.XValid
	}
	return setOf(a.Set)
}

func setOf(name string) data.Set {
	s, err := data.ParseSet(name)
	if err != nil {
		return unknownSet
	}
	return s
}

func (a *arguments) epoch() bench.Epoch {
	if a.Epoch == nil {
		return bench.Epoch{}
	}
	return bench.AtEpoch(*a.Epoch)
}

// epochOf is the number of the epoch in a trial.
func (a *arguments) epochOf(t *bench.Trial) int {
	if a.Epoch == nil {
		return t.Epochs - 1
	}
	return *a.Epoch
}

// unknownHP is what a key that is none stands for: no architecture has results by it.
const unknownHP bench.HP = 0

// hp reads a recipe. Keys are texts as the files have them, "01" and not "1"; a number
// is none, unless the call turns it into a text.
func (a *arguments) hp(takesNumbers bool) bench.HP {
	if len(a.HP) == 0 {
		return bench.HP12
	}
	var text string
	if err := json.Unmarshal(a.HP, &text); err != nil {
		var n int
		if json.Unmarshal(a.HP, &n) != nil || !takesNumbers {
			return unknownHP
		}
		text = fmt.Sprint(n)
	}
	hp, err := bench.ParseHP(text)
	if err != nil || hp.String() != text {
		return unknownHP
	}
	return hp
}

// choice reads which trials are meant: true for one at random, false for the mean of
// all, a number for the one with that seed. Anything else is a fault, which the
// published programs see after all others.
func (a *arguments) choice(random bench.Intner) (c bench.Choice, ok bool) {
	var seed int
	switch string(a.IsRandom) {
	case "true":
		return bench.OfRandomTrial(random), true
	case "false":
		return bench.MeanOfTrials(), true
	case "", "null":
		return bench.MeanOfTrials(), false
	}
	if json.Unmarshal(a.IsRandom, &seed) != nil {
		return bench.MeanOfTrials(), false
	}
	return bench.OfSeed(seed), true
}
