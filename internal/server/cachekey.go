package server

import (
	"strings"

	"cellnet/internal/query"
)

// keyOf gives a text that is the same for the same parameters.
func keyOf(q *query.Query, values map[string]string) string {
	var b strings.Builder
	b.WriteString(q.Name)
	for _, p := range q.Params() {
		if v, ok := values[string(p)]; ok {
			b.WriteString("\x00" + string(p) + "=" + v)
		}
	}
	return b.String()
}
