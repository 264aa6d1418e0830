package weights

import (
	"cellnet/cell"
	"cellnet/internal/fileformat"
	"cellnet/internal/pickle"
	"cellnet/internal/trialname"
)

// records finds the networks in the benchmark's record files. It reports
// whether d is one of them, with or without weights.
func (s *searcher) records(d *pickle.Dict) bool {
	if infos, err := pickle.Field[*pickle.Dict](d, "arch2infos"); err == nil { // a whole benchmark in one file
		for _, v := range infos.All() {
			if recipes, ok := v.(*pickle.Dict); ok {
				s.recipes(recipes)
			}
		}
		return true
	}
	if _, ok := d.Get(fileformat.TrialFileKey); ok {
		s.trialFile(d)
		return true
	}
	if s.results(d, 0) {
		return true
	}
	return s.recipes(d)
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

// recipes looks into an architecture's results by recipe: "less" and
// "full" in NAS-Bench-201, "12", "200" and so on in NATS-Bench.
func (s *searcher) recipes(d *pickle.Dict) bool {
	found := false
	for key, v := range d.All() {
		results, ok := v.(*pickle.Dict)
		if hp := recipeHP(key); ok && hp != 0 {
			found = s.results(results, hp) || found
		}
	}
	return found
}

// results looks into an architecture's results by dataset and seed.
func (s *searcher) results(results *pickle.Dict, hp int) bool {
	trials, err := pickle.Field[*pickle.Dict](results, "all_results")
	if err != nil {
		return false
	}
	if s.seen[trials] {
		return true
	}
	s.seen[trials] = true
	arch, _ := pickle.Field[string](results, "arch_str")
	for key, v := range trials.All() {
		pair, okKey := key.(*pickle.Tuple)
		trial, okTrial := v.(*pickle.Dict)
		if !okKey || !okTrial || pair.Len() != 2 {
			continue
		}
		n := &Network{Entry: "net_state_dict"}
		s.describe(n, trial)
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
		s.trial(n, trial)
	}
	return true
}

// trialFile looks into what training one architecture left: a record
// for each dataset.
func (s *searcher) trialFile(d *pickle.Dict) {
	for key, v := range d.All() {
		trial, ok := v.(*pickle.Dict)
		dataset, isText := key.(string)
		if !ok || !isText {
			continue
		}
		n := &Network{Entry: "net_state_dict"}
		s.describe(n, trial)
		n.Dataset = dataset
		s.trial(n, trial)
	}
}

// trial adds the network of a trial's record, if its weights are there.
func (s *searcher) trial(n *Network, trial *pickle.Dict) {
	if dict, err := pickle.Field[*pickle.Dict](trial, n.Entry); err == nil {
		if found := s.statesOf(dict); len(found) == 1 {
			s.add(n, found[0])
			return
		}
	}
	s.file.cleared++
}

// describeByName adds what the name of a trial file tells.
func (f *File) describeByName(base string) {
	index, n, ok := trialname.Parse(base)
	if !ok {
		return
	}
	seed := int(n)
	c, err := cell.FromIndex(index)
	for _, n := range f.networks {
		if n.Seed == nil {
			n.Seed = &seed
		}
		if n.Arch == "" && err == nil { // of the size space the widths would have told it
			n.Arch = c.String()
		}
	}
}
