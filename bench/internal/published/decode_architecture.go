package published

import (
	"fmt"

	"cellnet/bench/record"
	"cellnet/internal/pickle/unpickle"
)

// architecture makes an architecture's record of its published state, a dictionary of
// recipes.
func (b *builder) architecture(index int, v unpickle.Value) (a *record.Architecture, api record.API, err error) {
	if !v.IsDict() || v.HasAttributes() {
		return nil, 0, want("the record", v, "a dict")
	}
	a = &record.Architecture{Index: index}
	items := v.Items()
	for i := 0; i < len(items); i += 2 {
		if items[i].Kind() != unpickle.String {
			return nil, 0, want("a recipe's key", items[i], "a str")
		}
		hp, of, err := record.ParseRecipeKey(string(items[i].Text()))
		if err != nil {
			return nil, 0, err
		}
		if i > 0 && of != api {
			return nil, 0, fmt.Errorf("recipe %s is named unlike the others", items[i].Text())
		}
		api = of
		if _, twice := a.Results(hp); twice == nil {
			return nil, 0, fmt.Errorf("recipe %v is there twice", hp)
		}
		r, err := b.results(index, items[i+1])
		if err != nil {
			return nil, 0, fmt.Errorf("recipe %v: %w", hp, err)
		}
		a.Set(hp, r)
		a.ArchString = r.ArchString
	}
	a.OrderedDict = v.Kind() == unpickle.OrderedDict
	return a, api, nil
}
