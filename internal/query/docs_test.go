package query

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

func TestEveryQueryIsInTheDocs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "benchmark.md"))
	if err != nil {
		t.Fatal(err)
	}
	forms := []Form{Weights()}
	for _, q := range All() {
		forms = append(forms, q.Form)
	}
	for _, q := range forms {
		if !regexp.MustCompile("\n\\| [^|]*\\|[^|]*`" + q.Name + "[` ]").Match(text) {
			t.Errorf("docs/benchmark.md has no row with %s", q.Name)
		}
	}
}
