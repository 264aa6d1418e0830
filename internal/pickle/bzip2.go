package pickle

import (
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
)

const (
	bzip2Multiple  = 256     // bytes that a byte of bzip2 may become
	bzip2Allowance = 1 << 20 // and besides, whatever the size
	bzip2Budget    = 1024    // bytes that objects may take per byte of bzip2; real files need 120
)

// Bunzip2 unpacks a whole bzip2 file. One that expands to more than 256 times
// its size and 1 MiB is refused; the published files reach 39.
func Bunzip2(packed []byte) ([]byte, error) {
	limit := bzip2Multiple*int64(len(packed)) + bzip2Allowance
	var out bytes.Buffer
	out.Grow(4 * len(packed))
	_, err := io.Copy(&out, io.LimitReader(bzip2.NewReader(bytes.NewReader(packed)), limit+1))
	var structure bzip2.StructuralError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return nil, &FormatError{Reason: "the bzip2 data end too early", Truncated: true}
	case errors.As(err, &structure):
		return nil, &FormatError{Reason: "the bzip2 data are broken: " + string(structure)}
	case err != nil:
		return nil, fmt.Errorf("unpacking bzip2: %w", err)
	case int64(out.Len()) > limit:
		return nil, unsupported("bzip2 data that expand to more than %d times their size", bzip2Multiple)
	}
	return out.Bytes(), nil
}
