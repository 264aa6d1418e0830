package unpickle

import (
	"errors"
	"io"
)

// slack is how many bytes beyond its end a window can be read: they are zero,
// which is no opcode, so that fixed-size arguments need no check of their own.
const slack = 16

const windowSize = 1 << 18

// window is a moving view of a stream.
type window struct {
	src   io.Reader
	buf   []byte
	pos   int   // next byte in buf
	end   int   // end of what has been read into buf
	base  int64 // offset in the stream of buf[0]
	ended bool  // nothing follows buf[:end]
}

// reset starts to read src, whose first byte has the given offset.
func (w *window) reset(src io.Reader, offset int64) {
	if w.buf == nil {
		w.buf = make([]byte, windowSize+slack)
	}
	w.src, w.pos, w.end, w.base, w.ended = src, 0, 0, offset, false
}

func (w *window) offset() int64 { return w.base + int64(w.pos) }

// fill makes room and reads until n bytes are there or the stream ends.
func (w *window) fill(n int) error {
	if w.ended {
		return nil
	}
	w.base += int64(w.pos)
	copy(w.buf, w.buf[w.pos:w.end])
	w.end -= w.pos
	w.pos = 0
	if n > len(w.buf)-slack {
		w.buf = append(make([]byte, 0, 2*n+slack), w.buf[:w.end]...)
		w.buf = w.buf[:2*n+slack]
	}
	for idle := 0; w.end < n && !w.ended; {
		k, err := w.src.Read(w.buf[w.end : len(w.buf)-slack])
		w.end += k
		switch {
		case err == io.EOF:
			w.ended = true
			clear(w.buf[w.end : w.end+slack])
		case err != nil:
			return err
		case k > 0:
			idle = 0
		default:
			if idle++; idle == 100 {
				return io.ErrNoProgress
			}
		}
	}
	return nil
}

var errCutOff = errors.New("it ends too early")

// bytes gives the next n bytes, good until the next call. Long ones are read
// piece by piece, so that a length that is only claimed costs nothing.
func (w *window) bytes(n int) ([]byte, error) {
	for w.end-w.pos < n {
		if w.ended {
			return nil, errCutOff
		}
		if err := w.fill(min(n, 2*(w.end-w.pos)+slack)); err != nil {
			return nil, err
		}
	}
	b := w.buf[w.pos : w.pos+n]
	w.pos += n
	return b, nil
}

// skip passes over n bytes.
func (w *window) skip(n int64) error {
	for {
		k := min(n, int64(w.end-w.pos))
		w.pos += int(k)
		if n -= k; n == 0 {
			return nil
		}
		if w.ended {
			return errCutOff
		}
		if err := w.fill(slack); err != nil {
			return err
		}
	}
}
