package pickle_test

import (
	"bytes"
	"errors"
	"testing"

	"cellnet/internal/pickle"
)

// FuzzDecode reads pickles. What is read must be written and read again
// without a change, and nothing may take more memory than promised.
func FuzzDecode(f *testing.F) {
	for _, s := range samples(f) {
		if len(s.Pickle) < 2000 {
			f.Add(s.Pickle)
		}
	}
	for _, data := range hostile(200) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v any
		var err error
		// 8 MiB are left for what the fuzzing engine allocates meanwhile.
		if got, limit := allocated(func() { v, err = pickle.Load(data) }), 128*len(data)+8<<20; got > limit {
			t.Errorf("%d bytes allocate %d", len(data), got)
		}
		var format *pickle.FormatError
		var unsupported *pickle.UnsupportedError
		if err != nil {
			if !errors.As(err, &format) && !errors.As(err, &unsupported) || len(err.Error()) > 1000 {
				t.Errorf("error %T %v", err, err)
			}
			return
		}
		var first, second bytes.Buffer
		if pickle.NewWriter(&first, pickle.Protocol4).Write(v) != nil {
			return // classes, for example, are read but not written
		}
		again, err := pickle.Load(first.Bytes())
		if err != nil {
			if errors.As(err, &unsupported) {
				return // a densely shared tree
			}
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if err := pickle.NewWriter(&second, pickle.Protocol4).Write(again); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("written again, it differs (error %v):\n%q\n%q", err, first.Bytes(), second.Bytes())
		}
	})
}

// FuzzBunzip2 unpacks bzip2 and reads the pickle in it.
func FuzzBunzip2(f *testing.F) {
	f.Add([]byte("BZh91AY&SY"))
	for _, s := range []string{"\x80\x02N.", "\x80\x02]K\x01a.", string(bytes.Repeat([]byte("]"), 5000))} {
		f.Add(pack(f, []byte(s)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var err error
		if got, limit := allocated(func() { _, err = pickle.DecodeBzip2(data) }), 2048*len(data)+16<<20; got > limit {
			t.Errorf("%d bytes allocate %d (error %v)", len(data), got, err)
		}
	})
}
