// Package printable quotes what a terminal would act on: control characters, and
// those that turn the direction of a text, which names and texts in files may have.
package printable

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text gives a text with characters that don't print as Go writes them in strings,
// such as \x1b. Tabs and line ends stay.
func Text(s string) string {
	if !strings.ContainsFunc(s, acts) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if acts(r) || r == utf8.RuneError && n == 1 {
			q := strconv.Quote(s[:n])
			b.WriteString(q[1 : len(q)-1])
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

func acts(r rune) bool {
	return r != '\t' && r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
}

// Writer passes texts on as [Text] gives them. Characters must not be parted between
// two calls.
func Writer(w io.Writer) io.Writer { return writer{w} }

type writer struct{ w io.Writer }

func (p writer) Write(b []byte) (int, error) {
	if _, err := io.WriteString(p.w, Text(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}
