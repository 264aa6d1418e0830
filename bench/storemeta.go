package bench

import (
	"encoding/json"
	"errors"
	"fmt"
)

// The metadata entries of a store.
const (
	metaHeader = "cellnet.benchmark" // JSON of storeHeader
	metaIndex  = "cellnet.index"     // packed: see marshalIndex
	metaArchs  = "cellnet.archs"     // packed: the search space's strings, a line each
	metaRoot   = "cellnet.root"      // packed: pickle of the file's root without records and strings
	metaOdd    = "cellnet.odd"       // packed: JSON of pickles of records with odd entries, by index and recipe
)

// storeVersion is the version of the format.
const storeVersion = 1

// storeHeader is what a store says of itself.
type storeHeader struct {
	Version int    `json:"version"`
	Source  string `json:"source"` // name of the file that it was made from
	Layout  Layout `json:"layout"`
	Archs   int    `json:"archs"` // of the search space
}

// oddKey names the results of a recipe in metaOdd.
func oddKey(index int, hp HP) string { return fmt.Sprintf("%d/%v", index, hp) }

func readHeader(text string, ok bool) (h storeHeader, err error) {
	if !ok {
		return h, errors.New("a Parquet file, but not a store of this program: import a published file to make one")
	}
	if err := json.Unmarshal([]byte(text), &h); err != nil {
		return h, fmt.Errorf("metadata %s: %w", metaHeader, err)
	}
	if h.Version != storeVersion {
		return h, fmt.Errorf("a store of version %d, this program reads version %d: import the published file again", h.Version, storeVersion)
	}
	if h.Archs < 0 || h.Archs > maxArchs {
		return h, fmt.Errorf("metadata %s: %d architectures, want 0 to %d", metaHeader, h.Archs, maxArchs)
	}
	return h, nil
}

// maxArchs bounds the architectures of a search space.
const maxArchs = 1 << 20
