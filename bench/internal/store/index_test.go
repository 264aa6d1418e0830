package store

import (
	"reflect"
	"testing"

	"cellnet/bench/record"
)

func TestIndexOfStore(t *testing.T) {
	archs := []place{
		{index: 15624, row: 0, recipes: []recipe{{record.HP200, 12, true}, {record.HP12, 5, false}}},
		{index: 0, row: 17, ordered: true, recipes: []recipe{{record.HP1, 0, true}}},
		{index: 300, row: 17, recipes: []recipe{}},
	}
	b := marshalIndex(archs)
	got, err := unmarshalIndex(b, 17, 15625)
	if err != nil || !reflect.DeepEqual(got, archs) {
		t.Errorf("%v, %v, want %v", got, err, archs)
	}
	for i := range b {
		if got, err := unmarshalIndex(b[:i], 17, 15625); err == nil && len(got) == len(archs) {
			t.Errorf("cut to %d bytes: %v", i, got)
		}
	}
	for _, c := range []struct {
		what  string
		b     []byte
		rows  int64
		space int
	}{
		{"more trials than rows", b, 16, 15625},
		{"an index beyond the search space", b, 17, 15624},
		{"more architectures than the search space has", marshalIndex(make([]place, 3)), 0, 2},
		{"more trials than any has", marshalIndex([]place{{recipes: []recipe{{record.HP12, maxTrials + 1, true}}}}), maxTrials + 1, 1},
	} {
		if _, err := unmarshalIndex(c.b, c.rows, c.space); err == nil {
			t.Errorf("no error for %s", c.what)
		}
	}
}
