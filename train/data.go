package train

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"cellnet/data"
)

// Data are the images of a dataset, in memory. Several trainers may use the same.
type Data struct {
	Dataset     data.Dataset
	Info        data.Info
	Train       *data.Images
	Evaluations []EvaluationSet
}

// EvaluationSet is a set that is evaluated after every epoch.
type EvaluationSet struct {
	Set    data.Set
	Images *data.Images
}

// LoadData reads the training images of a dataset and those of its evaluation
// sets that are there; missing tells why others are not. What else was left out
// [data.Source.Notes] tells.
func LoadData(source *data.Source) (d *Data, missing []error, err error) {
	d = &Data{Dataset: source.Dataset()}
	if d.Train, err = source.Load(data.Train); err != nil {
		return nil, nil, err
	}
	if d.Info, err = source.Info(); err != nil {
		return nil, nil, err
	}
	sets, missing := source.EvaluationSets()
	for _, set := range sets {
		images, err := source.Load(set)
		if err != nil {
			return nil, nil, err
		}
		d.Evaluations = append(d.Evaluations, EvaluationSet{set, images})
	}
	return d, missing, nil
}

// Limit keeps the first n images of every set, for a quick try.
func (d *Data) Limit(n int) *Data {
	limited := &Data{Dataset: d.Dataset, Info: d.Info, Train: first(d.Train, n)}
	for _, e := range d.Evaluations {
		limited.Evaluations = append(limited.Evaluations, EvaluationSet{e.Set, first(e.Images, n)})
	}
	return limited
}

func first(images *data.Images, n int) *data.Images {
	indexes := make([]int, min(n, images.Len()))
	for i := range indexes {
		indexes[i] = i
	}
	return images.Select(indexes)
}

// Sum is a SHA-256 sum of all images in hexadecimal digits: another one if an
// image of some set, a label, the order or the list of sets is another.
func (d *Data) Sum() string {
	h := sha256.New()
	add := func(set data.Set, images *data.Images) {
		sum := images.Sum()
		fmt.Fprintf(h, "%v\n", set)
		h.Write(sum[:])
	}
	add(data.Train, d.Train)
	for _, e := range d.Evaluations {
		add(e.Set, e.Images)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// trainLoader makes shuffled and augmented batches of the training images.
func (d *Data) trainLoader(r Recipe, seed uint32) (*data.Loader, error) {
	augmentation := d.Info.Augmentation()
	augmentation.Cutout = r.Cutout
	loader, err := data.NewLoader(d.Train, data.LoaderConfig{
		BatchSize: r.BatchSize, Normalization: d.Info.Normalization, Shuffle: true, Augmentation: augmentation, Seed: uint64(seed),
	})
	if err != nil {
		return nil, fmt.Errorf("training images: %w", err)
	}
	return loader, nil
}

// loader makes batches of a set as it is.
func (e EvaluationSet) loader(info data.Info) (*data.Loader, error) {
	loader, err := data.NewLoader(e.Images, data.LoaderConfig{Normalization: info.Normalization})
	if err != nil {
		return nil, fmt.Errorf("images of %v: %w", e.Set, err)
	}
	return loader, nil
}
