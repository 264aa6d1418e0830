package data

// publishedFile is a file with the MD5 sum that its publishers or the published
// code give it.
type publishedFile struct {
	name string
	md5  string
}

// layout is one form in which a dataset is published: a folder of files.
type layout struct {
	folder      string
	train, test []publishedFile
	decode      decoder
}

// decoder reads the content of one file. It may keep parts of content.
type decoder func(content []byte) (*Images, error)

// layouts returns the forms that a dataset is read from, the preferred one
// first. MD5 sums: pickles of CIFAR as in torchvision (datasets/cifar.py), .bin
// files as in github.com/rai-project/dldataset (vision), ImageNet16 as in
// AutoDL-Projects (DownsampledImageNet.py).
func (d Dataset) layouts() []layout {
	switch d {
	case CIFAR10, CIFAR10Valid:
		return []layout{{
			folder: "cifar-10-batches-py",
			train: []publishedFile{
				{"data_batch_1", "c99cafc152244af753f735de768cd75f"},
				{"data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"},
				{"data_batch_3", "54ebc095f3ab1f0389bbae665268c751"},
				{"data_batch_4", "634d18415352ddfa80567beed471001a"},
				{"data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"},
			},
			test:   []publishedFile{{"test_batch", "40351d587109b95175f43aff81a1287e"}},
			decode: decodeCIFAR10Pickle,
		}, {
			folder: "cifar-10-batches-bin",
			train: []publishedFile{
				{"data_batch_1.bin", "5dd7e06a14cb22eb9f671a540d1b7c25"},
				{"data_batch_2.bin", "5ea93a67294ea407fff1d09f752e9692"},
				{"data_batch_3.bin", "942cd6a4bcdd0dd3c604fbe906cb4421"},
				{"data_batch_4.bin", "ae636b3ba5c66a11e91e8cb52e771fcb"},
				{"data_batch_5.bin", "53f37980c15c3d472c316c40844f3f0d"},
			},
			test:   []publishedFile{{"test_batch.bin", "803d5f7f4d78ea53de84dbe85f74fb6d"}},
			decode: decodeCIFAR10Binary,
		}}
	case CIFAR100:
		return []layout{{
			folder: "cifar-100-python",
			train:  []publishedFile{{"train", "16019d7e3df5f24257cddd939b257f8d"}},
			test:   []publishedFile{{"test", "f0ef6b0ae62326f3e7ffdfab6717acfc"}},
			decode: decodeCIFAR100Pickle,
		}, {
			folder: "cifar-100-binary",
			train:  []publishedFile{{"train.bin", "6172c7755cfe09b2fe270c85cebc1b15"}},
			test:   []publishedFile{{"test.bin", "4499cfba6c016c1be1438163640a0898"}},
			decode: decodeCIFAR100Binary,
		}}
	case ImageNet16:
		return []layout{{
			folder: "ImageNet16",
			train: []publishedFile{
				{"train_data_batch_1", "27846dcaa50de8e21a7d1a35f30f0e91"},
				{"train_data_batch_2", "c7254a054e0e795c69120a5727050e3f"},
				{"train_data_batch_3", "4333d3df2e5ffb114b05d2ffc19b1e87"},
				{"train_data_batch_4", "1620cdf193304f4a92677b695d70d10f"},
				{"train_data_batch_5", "348b3c2fdbb3940c4e9e834affd3b18d"},
				{"train_data_batch_6", "6e765307c242a1b3d7d5ef9139b48945"},
				{"train_data_batch_7", "564926d8cbf8fc4818ba23d2faac7564"},
				{"train_data_batch_8", "f4755871f718ccb653440b9dd0ebac66"},
				{"train_data_batch_9", "bb6dd660c38c58552125b1a92f86b5d4"},
				{"train_data_batch_10", "8f03f34ac4b42271a294f91bf480f29b"},
			},
			test:   []publishedFile{{"val_data", "3410e3017fdaefba8d5073aaa65e4bd6"}},
			decode: decodeImageNet16,
		}}
	}
	return nil
}
