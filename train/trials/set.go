package trials

import (
	"fmt"
	"slices"

	"cellnet/bench/record"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/models"
	"cellnet/train"
)

// Set is a set of trials: all architectures with all seeds.
type Set struct {
	Space    cell.Space
	Archs    []int    // indexes in the space
	Seeds    []uint32 // of which file names show four digits or more
	Datasets []data.Dataset
	Recipe   train.Recipe
	C, N     int // channels of the first stage, cells of a stage, of the topology space
	Limit    int // images used of every set, 0 for all
	// FolderInfo and Pictures are what is known of the pictures if Datasets has
	// [data.Folder]; the numbers of pictures are for estimates.
	FolderInfo data.Info
	Pictures   map[data.Set]int
	// Dedup trains one of the architectures that compute the same function, the
	// one with the lowest index.
	Dedup bool
	// Kernels compute all trials; zero stands for those that the folder's trials
	// have, and in a new folder for what models makes of it.
	Kernels models.ISA
}

// Item is one trial of a set.
type Item struct {
	Arch      int
	Seed      uint32
	StandsFor []int // other architectures of the set, by Set.Dedup
}

// String names the trial in messages.
func (i Item) String() string { return fmt.Sprintf("arch %06d seed %d", i.Arch, i.Seed) }

// Validate returns an error that says what can't be trained.
func (s Set) Validate() error {
	switch {
	case len(s.Archs) == 0:
		return fmt.Errorf("no architectures")
	case len(s.Seeds) == 0:
		return fmt.Errorf("no seeds")
	case len(s.Datasets) == 0:
		return fmt.Errorf("no datasets")
	case s.Limit < 0:
		return fmt.Errorf("limit of %d images, want 0 or more", s.Limit)
	case s.Dedup && s.Space == cell.Size:
		return fmt.Errorf("no two architectures of the size space compute the same function: leave out --dedup")
	}
	for i, d := range s.Datasets {
		if slices.Contains(s.Datasets[:i], d) {
			return fmt.Errorf("dataset %v is named twice", d)
		}
	}
	for _, arch := range s.Archs {
		for _, d := range s.Datasets {
			run, err := s.run(Item{Arch: arch}, d)
			if err == nil {
				err = run.Validate()
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// HP is the recipe's name in benchmark records: its number of epochs.
func (s Set) HP() record.HP { return record.HP(s.Recipe.TotalEpochs()) }

// info is what is known of a dataset's images.
func (s Set) info(d data.Dataset) data.Info {
	if info, shared := d.Info(); shared {
		return info
	}
	return s.FolderInfo
}

// run is the training of an item on a dataset.
func (s Set) run(i Item, d data.Dataset) (train.Run, error) {
	arch, err := s.Space.Arch(i.Arch)
	if err != nil {
		return train.Run{}, err
	}
	run := train.Run{Dataset: d, Recipe: s.Recipe, Seed: i.Seed}
	if d == data.Folder {
		run.Folder = s.FolderInfo
	}
	classes := run.Info().Classes
	if s.Space == cell.Size {
		run.Net = arch.Network(classes)
		return run, nil
	}
	run.Net, err = cell.NewNetwork(arch.Cell(), s.C, s.N, classes)
	return run, err
}

// Items lists the trials of the set: those of an architecture one after the other.
func (s Set) Items() ([]Item, error) {
	archs, standsFor := distinct(s.Archs), map[int][]int{}
	if s.Dedup {
		var err error
		if archs, standsFor, err = dedup(archs); err != nil {
			return nil, err
		}
	}
	var items []Item
	for _, arch := range archs {
		for _, seed := range distinct(s.Seeds) {
			items = append(items, Item{arch, seed, standsFor[arch]})
		}
	}
	return items, nil
}

// distinct leaves out what was there before.
func distinct[T comparable](values []T) []T {
	var kept []T
	seen := map[T]bool{}
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			kept = append(kept, v)
		}
	}
	return kept
}
