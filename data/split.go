package data

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"cellnet/internal/mt19937"
)

const (
	cifar10TrainCount = 50000
	cifar10SplitSeed  = 1021
)

// cifar10Split returns the two halves of CIFAR-10's training images that the
// benchmark trains and validates on: the published cifar-split.txt, which was
// made by Python's random.seed(1021) and random.shuffle(range(50000)).
func cifar10Split() (train, valid []int) {
	all := make([]int, cifar10TrainCount)
	for i := range all {
		all[i] = i
	}
	mt19937.NewPython(cifar10SplitSeed).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	train, valid = all[:len(all)/2], all[len(all)/2:]
	slices.Sort(train)
	slices.Sort(valid)
	return train, valid
}

// testSplit divides the images of a test set by their indexes.
type testSplit struct {
	xValid, xTest []int
}

// splitFileNames are the published names of the files that hold test splits
// (AutoDL-Projects, configs/nas-benchmark).
var splitFileNames = map[Dataset]string{
	CIFAR100:   "cifar100-test-split.txt",
	ImageNet16: "imagenet-16-120-test-split.txt",
}

// parseTestSplit reads a split file: {"xvalid": ["int", ["1", ...]], "xtest":
// ["int", [...]]}. Every index is named once.
func parseTestSplit(content []byte) (testSplit, error) {
	var file struct {
		XValid *indexList `json:"xvalid"`
		XTest  *indexList `json:"xtest"`
	}
	if err := json.Unmarshal(content, &file); err != nil {
		return testSplit{}, brokenf("not a split file: %v", err)
	}
	if file.XValid == nil || file.XTest == nil {
		return testSplit{}, brokenf(`not a split file: the keys "xvalid" and "xtest" are wanted`)
	}
	split := testSplit{*file.XValid, *file.XTest}
	seen := make(map[int]bool, len(split.xValid)+len(split.xTest))
	for _, i := range slices.Concat(split.xValid, split.xTest) {
		if seen[i] {
			return testSplit{}, brokenf("image %d is named twice", i)
		}
		seen[i] = true
	}
	return split, nil
}

// indexList is a list of indexes in the published configs' form of a typed
// value: ["int", ["1", "3"]].
type indexList []int

func (l *indexList) UnmarshalJSON(b []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	if len(parts) != 2 {
		return fmt.Errorf(`list of %d parts, want ["int", [...]]`, len(parts))
	}
	var kind string
	if err := json.Unmarshal(parts[0], &kind); err != nil {
		return err
	}
	if kind != "int" {
		return fmt.Errorf(`values of type %q, want "int"`, kind)
	}
	var values []string
	if err := json.Unmarshal(parts[1], &values); err != nil {
		return err
	}
	*l = make([]int, len(values))
	for k, v := range values {
		i, err := strconv.Atoi(v)
		if err != nil || i < 0 {
			return fmt.Errorf("index %q, want a number from 0", v)
		}
		(*l)[k] = i
	}
	return nil
}

// choose returns the images that indexes name. Of fewer images than the indexes
// were made for, strict refuses; otherwise indexes beyond them are left out.
func choose(images *Images, indexes []int, strict bool) (*Images, error) {
	inside := make([]int, 0, len(indexes))
	for _, i := range indexes {
		if i < images.Len() {
			inside = append(inside, i)
		} else if strict {
			return nil, brokenf("image %d is wanted, but there are only %d", i, images.Len())
		}
	}
	if len(inside) == 0 {
		return nil, brokenf("none of the %d images wanted is among the %d that there are", len(indexes), images.Len())
	}
	return images.Select(inside), nil
}
