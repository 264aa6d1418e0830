package data

import (
	"fmt"
	"strings"
)

// Dataset is one of the benchmark's datasets, the built-in synthetic one, or a
// folder of own pictures. The zero value is no dataset.
type Dataset uint8

const (
	CIFAR10Valid Dataset = iota + 1 // cifar10-valid: half of CIFAR-10's training images
	CIFAR10                         // cifar10
	CIFAR100                        // cifar100
	ImageNet16                      // ImageNet16-120: the first 120 classes of ImageNet at 16x16
	Synthetic                       // synthetic: made by a formula, see [SyntheticSize]

	// Folder is folder: own pictures, PNG or JPEG, in a folder for each class. Its
	// name is the class's, and labels count in the order of the names. Where train,
	// val and test are beside each other with such folders in them, they are the
	// sets train, x-valid and ori-test; else a share of the pictures is held out as
	// x-valid, see [HeldOut]. Classes, Side and Normalization are 0: only the files
	// tell them, see [Source.Info].
	//
	// Pictures are read as [DecodePicture] does, those in folders of a class's
	// folder included. Names that begin with a dot are ignored; damaged pictures
	// and files of other kinds are left out, which [Source.Notes] tells.
	Folder
)

// description holds what is fixed for a dataset.
type description struct {
	key           string
	classes       int
	side          int
	normalization Normalization
	counts        map[Set]int
	evaluation    []Set
}

// The counts, in images, are those of the published benchmark (NAS-Bench-201,
// ICLR 2020, section 2.2); means and standard deviations those of its code
// (AutoDL-Projects, get_dataset_with_transform.py).
var (
	cifar10Normalization = Normalization{
		Mean: [3]float64{125.3, 123.0, 113.9}, Std: [3]float64{63.0, 62.1, 66.7}}

	descriptions = [...]description{
		CIFAR10Valid: {"cifar10-valid", 10, 32, cifar10Normalization,
			map[Set]int{Train: 25000, XValid: 25000, OriTest: 10000},
			[]Set{XValid, OriTest}},
		CIFAR10: {"cifar10", 10, 32, cifar10Normalization,
			map[Set]int{Train: 50000, OriTest: 10000},
			[]Set{OriTest}},
		CIFAR100: {"cifar100", 100, 32, Normalization{
			Mean: [3]float64{129.3, 124.1, 112.4}, Std: [3]float64{68.2, 65.4, 70.4}},
			map[Set]int{Train: 50000, XValid: 5000, XTest: 5000, OriTest: 10000},
			[]Set{XValid, XTest, OriTest}},
		ImageNet16: {"ImageNet16-120", 120, 16, Normalization{
			Mean: [3]float64{122.68, 116.66, 104.01}, Std: [3]float64{63.22, 61.26, 65.09}},
			map[Set]int{Train: 151700, XValid: 3000, XTest: 3000, OriTest: 6000},
			[]Set{XValid, XTest, OriTest}},
		Synthetic: {"synthetic", 10, 32, Normalization{
			Mean: [3]float64{127.4, 127.4, 127.4}, Std: [3]float64{55.3, 55.3, 55.3}},
			map[Set]int{Train: DefaultSyntheticTrain, OriTest: DefaultSyntheticTest},
			[]Set{OriTest}},
		Folder: {key: "folder", evaluation: []Set{XValid, OriTest}},
	}
)

// Datasets returns the datasets that are the same everywhere: those of the
// benchmark in its order, then the synthetic one.
func Datasets() []Dataset {
	return []Dataset{CIFAR10Valid, CIFAR10, CIFAR100, ImageNet16, Synthetic}
}

// ParseDataset returns the dataset with the given key, such as "cifar10-valid".
// Case counts.
func ParseDataset(key string) (Dataset, error) {
	var keys []string
	for _, d := range append(Datasets(), Folder) {
		if d.String() == key {
			return d, nil
		}
		keys = append(keys, d.String())
	}
	return 0, fmt.Errorf("data: unknown dataset %q, want one of %s", key, strings.Join(keys, ", "))
}

// ResolveDataset returns the dataset that a user means by a key in any case, or by
// ImageNet16.
func ResolveDataset(name string) (Dataset, error) {
	for _, d := range Datasets() {
		if strings.EqualFold(d.String(), name) {
			return d, nil
		}
	}
	if strings.EqualFold(name, "ImageNet16") {
		return ImageNet16, nil
	}
	return ParseDataset(name)
}

// description of an invalid dataset is empty, with an empty key.
func (d Dataset) description() description {
	if int(d) >= len(descriptions) {
		return description{}
	}
	return descriptions[d]
}

// String returns the key, such as "cifar10-valid".
func (d Dataset) String() string {
	if key := d.description().key; key != "" {
		return key
	}
	return fmt.Sprintf("Dataset(%d)", uint8(d))
}

// MarshalText returns the key.
func (d Dataset) MarshalText() ([]byte, error) {
	if d.description().key == "" {
		return nil, fmt.Errorf("data: %v has no key", d)
	}
	return []byte(d.String()), nil
}

// UnmarshalText sets d by its key.
func (d *Dataset) UnmarshalText(key []byte) (err error) {
	*d, err = ParseDataset(string(key))
	return err
}

// Classes returns the number of classes.
func (d Dataset) Classes() int { return d.description().classes }

// Side returns the height and width of an image in pixels.
func (d Dataset) Side() int { return d.description().side }

// Normalization returns the mean and standard deviation of the dataset's
// channels.
func (d Dataset) Normalization() Normalization { return d.description().normalization }

// Augmentation is that of [Info].
func (d Dataset) Augmentation() Augmentation {
	info, _ := d.Info()
	return info.Augmentation()
}

// Count returns the published number of images of a set, 0 if the dataset does
// not have that set. Of the synthetic dataset it is the default.
func (d Dataset) Count(s Set) int { return d.description().counts[s] }

// EvaluationSets returns the sets that the benchmark evaluates on: those that
// there are of x-valid, x-test and ori-test, in this order. Of a [Folder] they are
// those that it may have.
func (d Dataset) EvaluationSets() []Set {
	return append([]Set(nil), d.description().evaluation...)
}
