package pickle

import (
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"cellnet/internal/bzip2blocks"
)

// bzip2Budget is the number of bytes that objects may take per byte of bzip2;
// real files need 120.
const bzip2Budget = 1024

// Bunzip2 unpacks a whole bzip2 file, unless it expands to more than
// bzip2blocks.Limit allows.
func Bunzip2(packed []byte) ([]byte, error) {
	limit := bzip2blocks.Limit(int64(len(packed)))
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
		return nil, &UnsupportedError{What: bzip2blocks.ErrExpands.Error()}
	}
	return out.Bytes(), nil
}
