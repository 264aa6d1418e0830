package opcode

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Unquote reads the argument of String: a Python 2 string literal as repr writes it.
func Unquote(literal []byte) ([]byte, error) {
	n := len(literal)
	if n < 2 || literal[0] != literal[n-1] || literal[0] != '\'' && literal[0] != '"' {
		return nil, fmt.Errorf("a string without quotes")
	}
	in, out := literal[1:n-1], make([]byte, 0, n)
	for i := 0; i < len(in); i++ {
		if in[i] != '\\' {
			out = append(out, in[i])
			continue
		}
		i++
		if i == len(in) {
			return nil, fmt.Errorf("a string that ends within an escape sequence")
		}
		if in[i] == 'x' && i+2 < len(in) {
			b, err := strconv.ParseUint(string(in[i+1:i+3]), 16, 8)
			if err != nil {
				return nil, fmt.Errorf("a string with the escape sequence %q", in[i-1:i+3])
			}
			out = append(out, byte(b))
			i += 2
			continue
		}
		at := bytes.IndexByte([]byte(`\'"ntr`), in[i])
		if at < 0 {
			return nil, fmt.Errorf("a string with the escape sequence %q", in[i-1:i+1])
		}
		out = append(out, "\\'\"\n\t\r"[at])
	}
	return out, nil
}

// UnescapeUnicode reads the argument of Unicode: Python's raw-unicode-escape encoding: Latin-1 with
// \uXXXX and \UXXXXXXXX. Other backslashes stand for themselves.
func UnescapeUnicode(in []byte) []byte {
	out := make([]byte, 0, len(in))
	for i := 0; i < len(in); i++ {
		digits := 0
		if in[i] == '\\' && i+1 < len(in) {
			switch in[i+1] {
			case 'u':
				digits = 4
			case 'U':
				digits = 8
			}
		}
		if digits > 0 && i+2+digits <= len(in) {
			if r, err := strconv.ParseUint(string(in[i+2:i+2+digits]), 16, 32); err == nil {
				out = utf8.AppendRune(out, rune(r))
				i += 1 + digits
				continue
			}
		}
		out = utf8.AppendRune(out, rune(in[i]))
	}
	return out
}
