package store

import (
	"encoding/json"
	"errors"
	"fmt"

	"cellnet/bench/record"
)

// The metadata entries of a store.
const (
	metaHeader = "cellnet.benchmark" // JSON of header
	metaIndex  = "cellnet.index"     // packed: see marshalIndex
	metaArchs  = "cellnet.archs"     // packed: the search space's strings, a line each
	metaRoot   = "cellnet.root"      // packed: pickle of the file's root without records and strings
	metaHeads  = "cellnet.odd"       // packed: JSON of Results.Head, by index and recipe
)

// version is the version of the format.
const version = 1

// header is what a store says of itself.
type header struct {
	Version int           `json:"version"`
	Source  string        `json:"source"` // name of the file that it was made from
	Layout  record.Layout `json:"layout"`
	Archs   int           `json:"archs"` // of the search space
}

// headKey names the results of a recipe in metaHeads.
func headKey(index int, hp record.HP) string { return fmt.Sprintf("%d/%v", index, hp) }

func readHeader(text string, ok bool) (h header, err error) {
	if !ok {
		return h, errors.New("a Parquet file, but not a store of this program: import a published file to make one")
	}
	if err := json.Unmarshal([]byte(text), &h); err != nil {
		return h, fmt.Errorf("metadata %s: %w", metaHeader, err)
	}
	if h.Version != version {
		return h, fmt.Errorf("a store of version %d, this program reads version %d: import the published file again", h.Version, version)
	}
	if h.Archs < 0 || h.Archs > maxArchs {
		return h, fmt.Errorf("metadata %s: %d architectures, want 0 to %d", metaHeader, h.Archs, maxArchs)
	}
	return h, nil
}

// maxArchs bounds the architectures of a search space.
const maxArchs = 1 << 20
