package cell

import (
	"strconv"
	"strings"
)

// nearest returns the candidate that takes the fewest edits to reach from a
// mistyped word, if that is less than half of the candidate's letters or the
// word is a part of it.
func nearest(word string, candidates []string) (best string, ok bool) {
	const longest = 40 // no typo is longer; keeps the work small
	if word == "" || len(word) > longest {
		return "", false
	}
	word = strings.ToLower(word)
	fewest := longest
	for _, c := range candidates {
		if d := editDistance(word, c); d < fewest && (2*d < len(c) || strings.Contains(c, word)) {
			best, fewest = c, d
		}
	}
	return best, best != ""
}

// editDistance is Levenshtein's distance between two strings, in bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// quote quotes input for a message of one line and of bounded length.
func quote(s string) string {
	const longest = 40
	if len(s) > longest {
		return strconv.Quote(s[:longest]) + "..."
	}
	return strconv.Quote(s)
}
