package pyapi

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"cellnet/bench"
)

// Options say what a client may do.
type Options struct {
	// Benchmark answers; if it is nil the client names a file to open.
	Benchmark *bench.Benchmark
	// Walk is called before a call that reads all records, and what it returns
	// after the call; nil for no limit.
	Walk func(context.Context) (done func(), err error)
}

const (
	maxRequest = 1 << 20 // bytes of a line
	maxDraw    = 32      // bytes of a drawn number
)

// Serve answers the requests of r on w until they end, or until ctx is done. It
// returns an error if a line is no request, or if the client can't be reached.
func Serve(ctx context.Context, r io.Reader, w io.Writer, o Options) error {
	c := &conversation{in: bufio.NewReaderSize(r, 64<<10), out: bufio.NewWriterSize(w, 64<<10)}
	s := &session{options: o, calls: calls()}
	defer s.close()
	for {
		line, err := c.readLine(maxRequest)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading a request: %w", err)
		}
		var q request
		var a reply
		err = json.Unmarshal(line, &q)
		wrongType := (*json.UnmarshalTypeError)(nil)
		switch {
		case errors.As(err, &wrongType):
			a = replyOf(answer{raised: &exception{"TypeError", fmt.Sprintf("%s is a %s", wrongType.Field, wrongType.Value)}})
		case err != nil:
			return fmt.Errorf("reading a request: %w", err)
		default:
			a = s.reply(ctx, &q, c)
		}
		if c.lost != nil {
			return fmt.Errorf("asking for a random number: %w", c.lost)
		}
		if err := c.write(a); err != nil {
			return fmt.Errorf("answering %.40q: %w", q.Call, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// conversation is the lines that go to and fro. It draws random numbers by asking
// the client.
type conversation struct {
	in   *bufio.Reader
	out  *bufio.Writer
	buf  []byte
	lost error // of a number that did not come
}

// readLine reads a line of at most so many bytes. It stays valid until the next.
func (c *conversation) readLine(most int) ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	if err == nil || errors.Is(err, io.EOF) && len(line) == 0 {
		return line, err
	}
	whole := append([]byte(nil), line...)
	for errors.Is(err, bufio.ErrBufferFull) && len(whole) <= most {
		line, err = c.in.ReadSlice('\n')
		whole = append(whole, line...)
	}
	switch {
	case len(whole) > most:
		return nil, fmt.Errorf("a line of more than %d bytes", most)
	case errors.Is(err, io.EOF):
		return nil, io.ErrUnexpectedEOF
	}
	return whole, err
}

// Intn asks the client for a random number below n.
func (c *conversation) Intn(n int) int {
	if c.lost != nil {
		return 0
	}
	fmt.Fprintf(c.out, "{\"draw\":%d}\n", n)
	if c.lost = c.out.Flush(); c.lost != nil {
		return 0
	}
	line, err := c.readLine(maxDraw)
	if err != nil {
		c.lost = err
		return 0
	}
	v, err := strconv.Atoi(string(line[:len(line)-1]))
	if err == nil && (v < 0 || v >= n) {
		err = fmt.Errorf("%d is not below %d", v, n)
	}
	if c.lost = err; err != nil {
		return 0
	}
	return v
}

// answer is what a call gives.
type answer struct {
	result  any
	raised  *exception
	stdout  string
	warning string
}

// exception is one that the published program raises.
type exception struct {
	class   string // of Python
	message string
}

// reply is the answer of a call or, of one that draws a number, one for each.
type reply struct {
	drawn   bool
	answers []answer
}

func replyOf(a answer) reply { return reply{false, []answer{a}} }

func (c *conversation) write(r reply) (err error) {
	b := c.buf[:0]
	if r.drawn {
		b = append(b, `{"choose":`...)
		b = strconv.AppendInt(b, int64(len(r.answers)), 10)
		b = append(b, '}', '\n')
	}
	for i := range r.answers {
		if b, err = r.answers[i].appendTo(b); err != nil {
			return err
		}
	}
	if cap(b) < maxRequest { // one large answer is not worth keeping its memory
		c.buf = b
	}
	if _, err := c.out.Write(b); err != nil {
		return err
	}
	return c.out.Flush()
}

// appendTo writes the answer's line.
func (a *answer) appendTo(b []byte) (_ []byte, err error) {
	b = append(b, '{')
	if a.raised != nil {
		b = append(b, `"error":`...)
		if b, err = appendValue(b, a.raised.class); err != nil {
			return nil, err
		}
		b = append(b, `,"message":`...)
		b, err = appendValue(b, a.raised.message)
	} else {
		b = append(b, `"result":`...)
		b, err = appendValue(b, a.result)
	}
	for _, extra := range []struct{ key, text string }{{`,"stdout":`, a.stdout}, {`,"warning":`, a.warning}} {
		if extra.text != "" && err == nil {
			b = append(b, extra.key...)
			b, err = appendValue(b, extra.text)
		}
	}
	return append(b, '}', '\n'), err
}
