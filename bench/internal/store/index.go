package store

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"cellnet/bench/record"

	"github.com/klauspost/compress/zstd"
)

// place says where an architecture's trials stand in a store.
type place struct {
	index   int
	row     int64 // first row
	ordered bool  // the file had its recipes in an OrderedDict
	recipes []recipe
}

// recipe says how many trials an architecture has by a recipe, which follow
// those of the recipe before.
type recipe struct {
	hp      record.HP
	trials  int
	cleared bool
}

// maxTrials bounds an architecture's trials by a recipe.
const maxTrials = 1 << 12

func (p place) rows() int64 {
	n := 0
	for _, r := range p.recipes {
		n += r.trials
	}
	return int64(n)
}

// marshalIndex encodes the places of architectures, in the order of their rows:
// for each its index, twice the number of recipes (plus 1 if they are ordered),
// and of each recipe its epochs and twice the number of trials (plus 1 if the
// weights were cleared), all as unsigned varints.
func marshalIndex(archs []place) []byte {
	flag := func(n int, set bool) uint64 {
		if set {
			return uint64(2*n + 1)
		}
		return uint64(2 * n)
	}
	var b []byte
	for _, a := range archs {
		b = binary.AppendUvarint(b, uint64(a.index))
		b = binary.AppendUvarint(b, flag(len(a.recipes), a.ordered))
		for _, r := range a.recipes {
			b = binary.AppendUvarint(b, uint64(r.hp))
			b = binary.AppendUvarint(b, flag(r.trials, r.cleared))
		}
	}
	return b
}

var errIndex = errors.New("the index of architectures is broken")

// unmarshalIndex is the opposite of marshalIndex, for a store of the given
// number of rows and a search space of some architectures.
func unmarshalIndex(b []byte, rows int64, space int) ([]place, error) {
	next := func() (int, bool) {
		n, size := binary.Uvarint(b)
		if size <= 0 || n >= 1<<31 {
			return 0, false
		}
		b = b[size:]
		return int(n), true
	}
	var archs []place
	row := int64(0)
	for len(b) > 0 {
		index, ok1 := next()
		count, ok2 := next()
		if !ok1 || !ok2 || count/2 > len(b) || index >= space || len(archs) == space {
			return nil, errIndex
		}
		a := place{index: index, row: row, ordered: count&1 != 0, recipes: make([]recipe, count/2)}
		for i := range a.recipes {
			hp, ok1 := next()
			trials, ok2 := next()
			if !ok1 || !ok2 || trials/2 > maxTrials {
				return nil, errIndex
			}
			a.recipes[i] = recipe{record.HP(hp), trials / 2, trials&1 != 0}
		}
		if row += a.rows(); row > rows {
			return nil, errIndex
		}
		archs = append(archs, a)
	}
	if row != rows {
		return nil, fmt.Errorf("the index has %d trials, the store %d", row, rows)
	}
	return archs, nil
}

// Metadata of a Parquet file is text, so binary values are compressed and
// written in base64.

func packText(b []byte) string {
	w, _ := zstd.NewWriter(nil, zstd.WithEncoderCRC(true), zstd.WithEncoderConcurrency(1))
	defer w.Close()
	return base64.StdEncoding.EncodeToString(w.EncodeAll(b, nil))
}

// Metadata unpack to at most maxUnpacked bytes, and not to much more than they
// have. Those of NAS-Bench-201 are packed to a 20th.
const (
	maxUnpacked   = 64 << 20
	maxUnpacking  = 256
	freeUnpacking = 1 << 20
)

func unpackText(s string) ([]byte, error) {
	packed, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, err
	}
	most := min(maxUnpacked, maxUnpacking*len(packed)+freeUnpacking)
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(most)))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.DecodeAll(packed, nil)
}

// rowsOf gives the first of the rows of a recipe and the one after the last.
func (p place) rowsOf(hp record.HP) (first, end int64, ok bool) {
	first = p.row
	for _, r := range p.recipes {
		end = first + int64(r.trials)
		if r.hp == hp {
			return first, end, true
		}
		first = end
	}
	return 0, 0, false
}
