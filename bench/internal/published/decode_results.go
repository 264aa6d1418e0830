package published

import (
	"fmt"
	"slices"

	"cellnet/bench/record"
	"cellnet/data"
	"cellnet/internal/pickle/unpickle"
)

// builder makes records of decoded pickles. What files write in several
// ways goes into the trial's Dialect.
type builder struct {
	names map[string]string // one copy of each string that many records share
}

func (b *builder) name(text []byte) string {
	if s, ok := b.names[string(text)]; ok {
		return s
	}
	if b.names == nil || len(b.names) > 1<<12 {
		b.names = map[string]string{}
	}
	s := string(text)
	b.names[s] = s
	return s
}

// results makes the results of one recipe, of the architecture that is filed
// under index (negative if it is not known), of their published state.
func (b *builder) results(index int, v unpickle.Value) (*record.Results, error) {
	if !v.IsDict() {
		return nil, want("the record", v, "a dict")
	}
	r := &record.Results{}
	f := fields{v: v, keys: []string{"arch_index", "arch_str", keyTrials, keySeeds, "clear_net_done"}}
	number, err := f.integer("arch_index")
	if err != nil {
		return nil, err
	}
	r.Index = int(number)
	if r.ArchString, err = f.text(b, "arch_str"); err != nil {
		return nil, err
	}
	all, ok := f.lookup(keyTrials)
	if !ok || !all.IsDict() {
		return nil, want("all_results", all, "a dict")
	}
	f.irregular = f.irregular || all.Kind() != unpickle.Dict
	if r.Trials, err = b.trials(all, r.ArchString); err != nil {
		return nil, err
	}
	seeds, ok := f.lookup(keySeeds)
	if !ok || !seeds.IsDict() {
		return nil, want(keySeeds, seeds, "a dict")
	}
	f.irregular = f.irregular || seeds.Kind() != unpickle.Dict
	if r.Seeds, err = f.seeds(seeds); err != nil {
		return nil, err
	}
	cleared, ok := f.lookup("clear_net_done")
	if !ok || cleared.Kind() != unpickle.Bool {
		return nil, want("clear_net_done", cleared, "a bool")
	}
	r.Cleared = cleared.Int() != 0
	if index < 0 {
		index = r.Index
	}
	if !r.FollowFromTrials(index) || f.irregular || !f.inOrder() || v.Kind() != unpickle.Dict {
		r.Head, err = verbatimHead(v)
	}
	return r, err
}

// trials makes the trials of all_results, whose keys are (dataset, seed).
func (b *builder) trials(all unpickle.Value, arch string) ([]*record.Trial, error) {
	items := all.Items()
	trials := make([]*record.Trial, 0, len(items)/2)
	for i := 0; i < len(items); i += 2 {
		key := items[i].Items()
		if items[i].Kind() != unpickle.Tuple || len(key) != 2 || key[0].Kind() != unpickle.String || key[1].Kind() != unpickle.Int {
			return nil, want("a key of all_results", items[i], "a tuple of a dataset and a seed")
		}
		d, err := data.ParseDataset(string(key[0].Text()))
		if err != nil {
			return nil, err
		}
		seed := int(key[1].Int())
		if slices.ContainsFunc(trials, func(t *record.Trial) bool { return t.Dataset == d && t.Seed == seed }) {
			return nil, fmt.Errorf("trial (%v, %d) is there twice", d, seed)
		}
		t, err := b.trial(d, seed, arch, items[i+1])
		if err != nil {
			return nil, fmt.Errorf("trial (%v, %d): %w", d, seed, err)
		}
		trials = append(trials, t)
	}
	return trials, nil
}

// seeds reads dataset_seed.
func (f *fields) seeds(v unpickle.Value) ([]record.DatasetSeeds, error) {
	items := v.Items()
	all := make([]record.DatasetSeeds, 0, len(items)/2)
	for i := 0; i < len(items); i += 2 {
		if items[i].Kind() != unpickle.String {
			return nil, want("a key of dataset_seed", items[i], "a dataset")
		}
		d, err := data.ParseDataset(string(items[i].Text()))
		if err != nil {
			return nil, err
		}
		if items[i+1].Kind() != unpickle.List {
			return nil, want("dataset_seed of "+d.String(), items[i+1], "a list")
		}
		s := record.DatasetSeeds{Dataset: d}
		for _, seed := range items[i+1].Items() {
			if seed.Kind() != unpickle.Int {
				return nil, want("a seed", seed, "an int")
			}
			s.Seeds = append(s.Seeds, int(seed.Int()))
		}
		all = append(all, s)
	}
	return all, nil
}
