// Package builtin holds published results of all 15,625 cells of NAS-Bench-201
// and their costs on six devices inside of the program, so that frequent
// questions need no benchmark file.
//
// The results are those of the published records after 12 and 200 epochs; the
// docs of the benchmark name the sources and their licences. What it does not
// have: losses, epochs in between, times of validation, latencies of the
// reference GPU.
package builtin

import (
	_ "embed"
	"fmt"
	"math"
	"sync"

	"cellnet/bench/builtin/internal/columns"
	"cellnet/cell"
	"cellnet/data"
)

//go:generate go run ./internal/maketable -o table.bin -results ../../../shared/data/tables/nb201.csv.gz -hardware ../../../shared/data/tables/nb201-hardware.csv.gz

//go:embed table.bin
var packed []byte

// Table holds the results, by the benchmark's index. It is read only and may be
// used by several goroutines.
type Table struct {
	// Correct images of all trials together.
	short    map[part]columns.Column // after 12 epochs
	test     map[data.Dataset]columns.Column
	single   map[data.Dataset][3]columns.Column // of the trials with 200 epochs, by seed
	trials   columns.Column                     // with 200 epochs
	epoch    columns.Column                     // nanoseconds
	foreign  columns.Column
	hardware map[deviceOn]columns.Column
}

type part struct {
	dataset data.Dataset
	set     data.Set
}

type deviceOn struct {
	device  Device
	dataset data.Dataset
}

// Load gives the table. The first call unpacks it, in about 10 ms.
func Load() (*Table, error) { return load() }

var load = sync.OnceValues(func() (*Table, error) {
	t, err := read(packed)
	if err != nil {
		return nil, fmt.Errorf("the built-in table: %w", err)
	}
	return t, nil
})

// prefix is how the columns name a dataset.
func prefix(d data.Dataset) string {
	switch d {
	case data.CIFAR100:
		return "c100_"
	case data.ImageNet16:
		return "in16_"
	}
	return "c10_"
}

func read(packed []byte) (*Table, error) {
	file, err := columns.Unmarshal(packed)
	if err != nil {
		return nil, err
	}
	column := func(name string) columns.Column {
		c := file.Columns[name]
		if c.Len() != cell.SpaceSize && err == nil {
			err = fmt.Errorf("column %s has %d rows, want %d", name, c.Len(), cell.SpaceSize)
		}
		return c
	}
	t := &Table{
		short: map[part]columns.Column{}, test: map[data.Dataset]columns.Column{},
		single: map[data.Dataset][3]columns.Column{}, hardware: map[deviceOn]columns.Column{},
		trials: column("trials_200"), epoch: column("epoch_s"), foreign: column("foreign_cost"),
	}
	for _, d := range []data.Dataset{data.CIFAR10, data.CIFAR100, data.ImageNet16} {
		valid, test, single := part{d, data.XValid}, part{d, data.XTest}, "full_200_"
		if d == data.CIFAR10 {
			valid, test, single = part{data.CIFAR10Valid, data.XValid}, part{d, data.OriTest}, "valid_200_"
		}
		t.short[valid] = column(prefix(d) + "valid_12")
		t.short[test] = column(prefix(d) + "test_12")
		t.test[d] = column(prefix(d) + "test_200")
		t.single[valid.dataset] = [3]columns.Column{
			column(prefix(d) + single + "777"), column(prefix(d) + single + "888"), column(prefix(d) + single + "999"),
		}
		for _, device := range Devices() {
			t.hardware[deviceOn{device, d}] = column(prefix(d) + device.String())
		}
	}
	return t, err
}

// percent gives correct images as the published records have them, to 5
// decimals.
func percent(correct uint64, images int) float64 {
	return math.Round(float64(correct)*1e7/float64(images)) / 1e5
}

// Seeds lists the trials with 200 epochs: two or three.
func (t *Table) Seeds(index int) []int {
	return []int{777, 888, 999}[:t.trials.At(index)]
}

// Accuracy is the mean over trials in percent, after the 12 or 200 epochs of the
// recipe with that number; false for what the table lacks. It has x-valid of
// cifar10-valid, ori-test of cifar10, and x-valid, x-test and ori-test of
// cifar100 and ImageNet16-120.
func (t *Table) Accuracy(index int, d data.Dataset, set data.Set, epochs int) (float64, bool) {
	correct, images, ok := t.correct(index, d, set, epochs)
	if !ok {
		return 0, false
	}
	return percent(correct, images), true
}

// Rank is the place of a cell among all by the accuracy that [Table.Accuracy]
// gives: 1 plus the number of those that are better. False for what the table
// lacks.
func (t *Table) Rank(index int, d data.Dataset, set data.Set, epochs int) (int, bool) {
	own, ok := t.Accuracy(index, d, set, epochs)
	if !ok {
		return 0, false
	}
	rank := 1
	for other := range cell.SpaceSize {
		if a, _ := t.Accuracy(other, d, set, epochs); a > own {
			rank++
		}
	}
	return rank, true
}

// correct counts correct images and all images, of all trials together.
func (t *Table) correct(index int, d data.Dataset, set data.Set, epochs int) (correct uint64, images int, ok bool) {
	images = d.Count(set)
	halves := d == data.CIFAR100 || d == data.ImageNet16
	switch {
	case epochs == 12 && halves && set == data.OriTest:
		valid := t.short[part{d, data.XValid}].At(index)
		return valid + t.short[part{d, data.XTest}].At(index), images, true
	case epochs == 12:
		c, ok := t.short[part{d, set}]
		if !ok {
			return 0, 0, false
		}
		if d == data.CIFAR10Valid {
			images *= 2 // two trials, of which only the mean is known
		}
		return c.At(index), images, true
	case epochs != 200:
		return 0, 0, false
	}
	images *= int(t.trials.At(index))
	switch {
	case halves && set == data.XTest, d == data.CIFAR10 && set == data.OriTest:
		return t.test[d].At(index), images, true
	case halves && set == data.XValid:
		return t.sum(index, d) - t.test[d].At(index), images, true
	case halves && set == data.OriTest, d == data.CIFAR10Valid && set == data.XValid:
		return t.sum(index, d), images, true
	}
	return 0, 0, false
}

// sum counts the correct images of all single trials.
func (t *Table) sum(index int, d data.Dataset) (sum uint64) {
	for _, c := range t.single[d] {
		sum += c.At(index)
	}
	return sum
}

// Trial is the accuracy in percent of a single trial after 200 epochs: on
// x-valid of cifar10-valid, or on ori-test of cifar100 or ImageNet16-120. False
// for other datasets and for seeds that are none of Seeds.
func (t *Table) Trial(index int, d data.Dataset, seed int) (float64, bool) {
	single, ok := t.single[d]
	if !ok {
		return 0, false
	}
	set := data.OriTest
	if d == data.CIFAR10Valid {
		set = data.XValid
	}
	for i, s := range t.Seeds(index) {
		if s == seed {
			return percent(single[i].At(index), d.Count(set)), true
		}
	}
	return 0, false
}

// EpochSeconds is the time of one epoch of training on the published clock; 0
// for datasets that are not the benchmark's.
func (t *Table) EpochSeconds(index int, d data.Dataset) float64 {
	if d == data.Synthetic {
		return 0
	}
	seconds := float64(t.epoch.At(index)) / 1e9
	return seconds * (float64(d.Count(data.Train)) / float64(data.CIFAR10Valid.Count(data.Train)))
}

// HasForeignCost tells whether the published records of an architecture hold the
// FLOPs and parameters of another network, because one of its trials is another
// network's. 150 do.
func (t *Table) HasForeignCost(index int) bool { return t.foreign.At(index) > 0 }

// Cost is a cost on a device, in the device's unit, of the network for a dataset
// (cifar10-valid has that of cifar10); false if the network does not run there
// or the dataset is not the benchmark's.
func (t *Table) Cost(index int, d data.Dataset, device Device) (float64, bool) {
	if d == data.CIFAR10Valid {
		d = data.CIFAR10
	}
	c, ok := t.hardware[deviceOn{device, d}]
	if !ok {
		return 0, false
	}
	v := c.At(index)
	return columns.Decimal(v), v != columns.NoDecimal
}
