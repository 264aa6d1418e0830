package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"cellnet/data"
	"cellnet/internal/progress"
	"cellnet/internal/rundir"
	"cellnet/internal/usage"

	"github.com/spf13/cobra"
)

// dataFlags say where a dataset is.
type dataFlags struct {
	dir, split         string
	noVerify, download bool
	folder             data.Info    // what is settled of a folder of pictures
	opened             *data.Source // of a folder, to be told what it has
	synthetic          data.SyntheticSize
}

// datasetHelp lists what --dataset takes.
const datasetHelp = "cifar10-valid, cifar10, cifar100, ImageNet16-120, synthetic, or folder for own pictures"

func (f *dataFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.dir, "data", "", "`DIR` that holds the dataset's folder, such as cifar-10-batches-py (default $TORCH_HOME/cifar.python or ~/.torch/cifar.python), or own pictures")
	cmd.Flags().StringVar(&f.split, "split", "", "`FILE` that divides the test images into x-valid and x-test (default: looked for in DIR)")
	cmd.Flags().BoolVar(&f.noVerify, "no-verify", false, "accept files whose MD5 sums are not the published ones")
	f.addSide(cmd)
	cmd.Flags().Float64Var(&f.folder.HeldOut.Share, "holdout", 0, "share of own pictures that is held out as x-valid where there is no val and no test (default 0.2, or as in training)")
	cmd.Flags().Uint64Var(&f.folder.HeldOut.Seed, "holdout-seed", 0, "which of own pictures are held out")
	cmd.Flags().BoolVar(&f.download, "download", false, "download CIFAR-10 or CIFAR-100 if it is not there")
}

// addFolder adds those that say of a folder of pictures how they are to be read.
func (f *dataFlags) addFolder(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.dir, "data", "", "`DIR` of the own pictures that the network was trained on, where the file tells nothing of them")
	f.addSide(cmd)
}

func (f *dataFlags) addSide(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.folder.Side, "side", 0, "side in pixels, a multiple of 4, that own pictures are scaled to (default 32, or as in training)")
}

// source is where the images are, for run.json.
func (f dataFlags) source() rundir.DataSource {
	return rundir.NewDataSource(f.dir, f.split, f.noVerify)
}

// from takes over where an earlier training had its images.
func (f *dataFlags) from(source rundir.DataSource) {
	f.dir, f.split, f.noVerify = source.Dir, source.Split, source.NoVerify
}

// folderInfo reads what has to be known of a folder of pictures, of which only its
// files tell. It is zero for other datasets.
func (f *dataFlags) folderInfo(ctx context.Context, a *app, d data.Dataset) (data.Info, error) {
	if _, known := d.Info(); known {
		return data.Info{}, nil
	}
	var err error
	if f.opened, err = f.open(ctx, a, d, data.Info{}); err != nil {
		return data.Info{}, err
	}
	info, err := f.opened.Info()
	if err != nil {
		return info, fmt.Errorf("reading %s: %w", d, err)
	}
	return info, nil
}

// open finds the dataset, and downloads it if that is wanted. known is what a
// training was told of a folder; flags change it.
func (f dataFlags) open(ctx context.Context, a *app, d data.Dataset, known data.Info) (*data.Source, error) {
	if f.opened != nil && f.opened.Dataset() == d {
		return f.opened, nil
	}
	if !f.folder.Equal(data.Info{}) && d != data.Folder {
		return nil, usage.Errorf("--side, --holdout and --holdout-seed are for --dataset %v, not for %v", data.Folder, d)
	}
	known = f.sized(known)
	if f.folder.HeldOut != (data.HeldOut{}) {
		known.HeldOut = f.folder.HeldOut
	}
	options := data.Options{Dir: f.dir, SplitFile: f.split, NoVerify: f.noVerify, Synthetic: f.synthetic, Folder: known}
	source, err := data.Open(d, options)
	if f.download && errors.Is(err, fs.ErrNotExist) {
		if err := f.fetch(ctx, a, d); err != nil {
			return nil, err
		}
		source, err = data.Open(d, options)
	}
	return source, err // which names the dataset
}

func (f dataFlags) fetch(ctx context.Context, a *app, d data.Dataset) error {
	archive, ok := d.Archive()
	if !ok {
		return usage.Errorf("--download: %s can't be downloaded by a program", d)
	}
	dir := f.dir
	if dir == "" {
		var err error
		if dir, err = data.DefaultDir(); err != nil {
			return err
		}
	}
	bar := progress.NewBar(a.stderr, archive.Size, "downloading "+archive.Name, "B")
	defer bar.Finish()
	err := archive.Download(ctx, dir, data.DownloadOptions{Progress: func(done, _ int64) { bar.Set(done) }})
	if err != nil {
		return fmt.Errorf("downloading %s: %w", archive.Name, err)
	}
	return nil
}

// sized is info with the side that is given.
func (f dataFlags) sized(info data.Info) data.Info {
	if f.folder.Side != 0 {
		info.Side = f.folder.Side
	}
	return info
}

// noteAll prints why sets are missing, and which files were left out.
func (a *app) noteAll(source *data.Source, missing []error) {
	for _, err := range missing {
		a.say("note: %v", err)
	}
	for _, note := range source.Notes() {
		a.say("note: %s", quotedName(note))
	}
}
