package record

import (
	"fmt"
	"slices"
)

// Choice says which of several trials answers. The zero value asks for the mean
// over all of them.
type Choice struct {
	seed   int
	seeded bool
	random Intner
}

// Intner draws numbers from 0 to n-1. Given a generator of Python's, the same
// trials are chosen as the published APIs choose.
type Intner interface{ Intn(n int) int }

// MeanOfTrials asks for the mean over all trials.
func MeanOfTrials() Choice { return Choice{} }

// OfSeed asks for the trial with a seed.
func OfSeed(seed int) Choice { return Choice{seed: seed, seeded: true} }

// OfRandomTrial asks for a trial drawn by r.
func OfRandomTrial(r Intner) Choice { return Choice{random: r} }

// draw replaces a random choice by one of the seeds.
func (c Choice) draw(seeds []int) Choice {
	if c.random == nil || len(seeds) == 0 {
		return c
	}
	return OfSeed(seeds[c.random.Intn(len(seeds))])
}

// pick gives the place of the chosen trial among the seeds, or false if the
// mean is asked for.
func (c Choice) pick(seeds []int) (place int, single bool, err error) {
	if c = c.draw(seeds); !c.seeded {
		return 0, false, nil
	}
	if place = slices.Index(seeds, c.seed); place < 0 {
		return 0, false, fmt.Errorf("no trial with seed %d, only with %v: %w", c.seed, seeds, ErrNoSeed)
	}
	return place, true, nil
}
