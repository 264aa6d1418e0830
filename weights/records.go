package weights

import (
	"regexp"
	"strconv"

	"cellnet/cell"
	"cellnet/internal/pickle"
)

// searchRecords finds the networks in the benchmark's record files. It reports
// whether d is one of them, with or without weights.
func (f *File) searchRecords(d *pickle.Dict, data dataReader) bool {
	if infos, err := pickle.Field[*pickle.Dict](d, "arch2infos"); err == nil { // a whole benchmark in one file
		for _, v := range infos.All() {
			if recipes, ok := v.(*pickle.Dict); ok {
				f.searchRecipes(recipes, data)
			}
		}
		return true
	}
	if _, ok := d.Get("all_dataset_keys"); ok {
		f.searchTrialFile(d, data)
		return true
	}
	if f.searchResults(d, 0, data) {
		return true
	}
	return f.searchRecipes(d, data)
}

// recipeHP gives the number of epochs that a key of an architecture's results
// means, or 0.
func recipeHP(key any) int {
	switch key {
	case "less", "12":
		return 12
	case "full", "200":
		return 200
	case "01":
		return 1
	case "90":
		return 90
	}
	return 0
}

// searchRecipes looks into an architecture's results by recipe: "less" and
// "full" in NAS-Bench-201, "12", "200" and so on in NATS-Bench.
func (f *File) searchRecipes(d *pickle.Dict, data dataReader) bool {
	found := false
	for key, v := range d.All() {
		results, ok := v.(*pickle.Dict)
		if hp := recipeHP(key); ok && hp != 0 {
			found = f.searchResults(results, hp, data) || found
		}
	}
	return found
}

// searchResults looks into an architecture's results by dataset and seed.
func (f *File) searchResults(results *pickle.Dict, hp int, data dataReader) bool {
	trials, err := pickle.Field[*pickle.Dict](results, "all_results")
	if err != nil {
		return false
	}
	arch, _ := pickle.Field[string](results, "arch_str")
	for key, v := range trials.All() {
		pair, okKey := key.(*pickle.Tuple)
		trial, okTrial := v.(*pickle.Dict)
		if !okKey || !okTrial || pair.Len() != 2 {
			continue
		}
		n := &Network{Description: describe(trial), Entry: "net_state_dict"}
		n.Dataset, _ = pair.Get(0).(string)
		if seed, ok := seedOf(pair.Get(1)); ok {
			n.Seed = &seed
		}
		if n.Arch == "" {
			n.Arch = arch
		}
		if hp != 0 {
			n.HP = hp
		}
		f.addTrial(n, trial, data)
	}
	return true
}

// searchTrialFile looks into what training one architecture left: a record
// for each dataset.
func (f *File) searchTrialFile(d *pickle.Dict, data dataReader) {
	for key, v := range d.All() {
		trial, ok := v.(*pickle.Dict)
		dataset, isText := key.(string)
		if !ok || !isText {
			continue
		}
		n := &Network{Description: describe(trial), Entry: "net_state_dict"}
		n.Dataset = dataset
		f.addTrial(n, trial, data)
	}
}

// addTrial adds the network of a trial's record, if its weights are there.
func (f *File) addTrial(n *Network, trial *pickle.Dict, data dataReader) {
	if dict, err := pickle.Field[*pickle.Dict](trial, n.Entry); err == nil {
		if tensors, ok := tensorsOf(dict); ok {
			f.add(n, tensors, data)
			return
		}
	}
	f.cleared++
}

// describeByName adds what the name of a trial file tells.
func (f *File) describeByName(base string) {
	m := regexp.MustCompile(`^arch-(\d{6})-seed-(\d{1,9})\.pth$`).FindStringSubmatch(base)
	if m == nil {
		return
	}
	index, _ := strconv.Atoi(m[1])
	seed, _ := strconv.Atoi(m[2])
	c, err := cell.FromIndex(index)
	for _, n := range f.networks {
		if n.Seed == nil {
			n.Seed = &seed
		}
		if n.Arch == "" && err == nil {
			n.Arch = c.String()
		}
	}
}
