package query

import (
	"context"
	"fmt"
	"io"
	"strings"

	"cellnet/bench"
	"cellnet/bench/builtin"
)

// summary is what a benchmark holds.
type summary struct {
	Description   string       `json:"description"`
	API           string       `json:"api"`
	Layout        bench.Layout `json:"layout"`
	Space         string       `json:"space"`
	Architectures int          `json:"architectures"`
	Stored        int          `json:"stored"`
	Evaluated     int          `json:"evaluated"`
	Recipes       []bench.HP   `json:"recipes"`
	// Sources are those of the built-in results.
	Sources []builtin.Source `json:"sources,omitempty"`
}

// words are an architecture's results as the published APIs describe them.
type words struct {
	Index int      `json:"index"`
	HP    bench.HP `json:"hp"`
	Info  string   `json:"info"`
}

func info(_ context.Context, b *bench.Benchmark, a Args) (Answer, error) {
	if a.given[Index] || a.given[Arch] {
		index, err := a.IndexIn(b)
		if err != nil {
			return nil, err
		}
		text, err := b.InfoString(index, a.hp)
		return words{index, a.hp, text}, err
	}
	if a.given[HP] {
		return nil, faulty(HP, "needs an architecture")
	}
	space, err := b.Space()
	if err != nil {
		return nil, err
	}
	n, err := b.Len()
	if err != nil {
		return nil, err
	}
	evaluated, err := b.Evaluated()
	if err != nil {
		return nil, err
	}
	recipes, err := b.HPs()
	if err != nil {
		return nil, err
	}
	if len(recipes) == 0 { // nothing was read yet
		recipes = published(space)
	}
	api := "nas_201_api"
	if b.API() == bench.NATS {
		api = "nats_bench"
	}
	s := summary{b.String(), api, b.Layout(), space.String(), n, len(b.Stored()), len(evaluated), recipes, nil}
	if b.IsBuiltin() {
		s.Sources = builtin.Sources()
	}
	return s, nil
}

// published lists the recipes of a search space.
func published(s bench.Space) []bench.HP {
	if s == bench.Size {
		return []bench.HP{bench.HP1, bench.HP12, bench.HP90}
	}
	return []bench.HP{bench.HP12, bench.HP200}
}

func (s summary) Text(w io.Writer) error {
	var recipes []string
	for _, hp := range s.Recipes {
		recipes = append(recipes, hp.String())
	}
	rows := []string{
		row("", s.Description), row("API", s.API), row("layout", s.Layout), row("search space", s.Space),
		row("architectures", s.Architectures), row("stored", s.Stored), row("evaluated", s.Evaluated),
		row("recipes", strings.Join(recipes, ", ")),
	}
	for _, from := range s.Sources {
		rows = append(rows, row("source", fmt.Sprintf("%s: %s (licence: %s)", from.What, from.From, from.Licence)))
	}
	return table(w, rows...)
}

func (i words) Text(w io.Writer) error {
	_, err := fmt.Fprintln(w, i.Info)
	return err
}
