package data

import (
	"fmt"
	"math"
	"slices"
)

// Info is what has to be known of a dataset's images to train on them or to
// classify others like them. In JSON it is kept with a training and its weights.
type Info struct {
	Classes int `json:"classes"`
	// ClassNames are the names of the classes in label order, nil if they have
	// none.
	ClassNames    []string      `json:"class_names,omitempty"`
	Side          int           `json:"side"` // height and width of an image in pixels
	Normalization Normalization `json:"normalization"`
	// HeldOut tells which pictures of a [Folder] without val and test are not
	// trained on; it is zero for all else.
	HeldOut HeldOut `json:"held_out,omitzero"`
}

// Info returns what is known of a dataset without its files. ok is false for
// [Folder], of which only the files tell; see [Source.Info].
func (d Dataset) Info() (info Info, ok bool) {
	if d.description().key == "" || d == Folder {
		return Info{}, false
	}
	return Info{Classes: d.Classes(), ClassNames: d.ClassNames(), Side: d.Side(), Normalization: d.Normalization()}, true
}

// Equal tells whether i and j tell the same.
func (i Info) Equal(j Info) bool {
	return i.Classes == j.Classes && slices.Equal(i.ClassNames, j.ClassNames) && i.Side == j.Side &&
		i.Normalization == j.Normalization && i.HeldOut == j.HeldOut
}

// Augmentation returns that of the benchmark's training recipe for images of the
// side: a random flip, and a random crop after padding by an eighth of the side.
func (i Info) Augmentation() Augmentation {
	return Augmentation{Flip: true, Padding: i.Side / 8}
}

// maxSide bounds the side of images of own pictures.
const maxSide = 1 << 10

func checkSide(side int) error {
	if side < 4 || side > maxSide || side%4 != 0 {
		return fmt.Errorf("images of side %d, want a multiple of 4 up to %d", side, maxSide)
	}
	return nil
}

// Validate returns an error that says what can't be of any dataset.
func (i Info) Validate() error {
	if i.Classes < 1 {
		return fmt.Errorf("%d classes, want 1 or more", i.Classes)
	}
	if len(i.ClassNames) != 0 && len(i.ClassNames) != i.Classes {
		return fmt.Errorf("%d names of %d classes", len(i.ClassNames), i.Classes)
	}
	if err := checkSide(i.Side); err != nil {
		return err
	}
	for c := range 3 {
		mean, std := i.Normalization.Mean[c], i.Normalization.Std[c]
		if math.IsNaN(mean) || math.IsInf(mean, 0) || !(std > 0) || math.IsInf(std, 0) {
			return fmt.Errorf("mean %v and standard deviation %v of a channel, want finite ones and a positive deviation", mean, std)
		}
	}
	if i.HeldOut != (HeldOut{}) {
		return i.HeldOut.check()
	}
	return nil
}

// HeldOut tells which pictures of a [Folder] that has no val and no test are held
// out of the training images, as its set x-valid. Those of every class are taken
// by the seed and by their place in the list of its files.
type HeldOut struct {
	// Share of the pictures of every class: 0 for DefaultHeldOut, 1 for all, so
	// that none are left to train on. At least one is held out, and of two or more
	// at least one is left if the share is below 1.
	Share float64 `json:"share"`
	Seed  uint64  `json:"seed"`
}

// DefaultHeldOut is the share of pictures that is held out.
const DefaultHeldOut = 0.2

func (h HeldOut) check() error {
	if !(h.Share > 0 && h.Share <= 1) {
		return fmt.Errorf("share %v of the pictures is to be held out, want more than 0 and at most 1", h.Share)
	}
	return nil
}

// count is how many of n pictures of a class are held out.
func (h HeldOut) count(n int) int {
	held := int(math.Round(h.Share * float64(n)))
	if h.Share < 1 {
		held = min(held, n-1)
		if n > 1 {
			held = max(held, 1)
		}
	}
	return held
}
