package printable

import (
	"bytes"
	"fmt"
	"testing"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"plain, é\t1\n":           "plain, é\t1\n",
		"\x1b[31mred\x07":         `\x1b[31mred\a`,
		"\u202eevil\u0085\r":      `\u202eevil\u0085\r`,
		"half \xff of \u00e9\xc3": `half \xff of é\xc3`,
	} {
		if got := Text(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
		var b bytes.Buffer
		if _, err := fmt.Fprint(Writer(&b), text); err != nil || b.String() != want {
			t.Errorf("%q: wrote %q, %v", text, b.String(), err)
		}
	}
}
