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
}

func (f *dataFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.dir, "data", "", "`DIR` that holds the dataset's folder, such as cifar-10-batches-py (default $TORCH_HOME/cifar.python or ~/.torch/cifar.python)")
	cmd.Flags().StringVar(&f.split, "split", "", "`FILE` that divides the test images into x-valid and x-test (default: looked for in DIR)")
	cmd.Flags().BoolVar(&f.noVerify, "no-verify", false, "accept files whose MD5 sums are not the published ones")
	cmd.Flags().BoolVar(&f.download, "download", false, "download CIFAR-10 or CIFAR-100 if it is not there")
}

// source is where the images are, for run.json.
func (f dataFlags) source() rundir.DataSource {
	return rundir.NewDataSource(f.dir, f.split, f.noVerify)
}

// open finds the dataset, and downloads it if that is wanted.
func (f dataFlags) open(ctx context.Context, a *app, d data.Dataset) (*data.Source, error) {
	options := data.Options{Dir: f.dir, SplitFile: f.split, NoVerify: f.noVerify}
	source, err := data.Open(d, options)
	if f.download && errors.Is(err, fs.ErrNotExist) {
		if err := f.fetch(ctx, a, d); err != nil {
			return nil, err
		}
		source, err = data.Open(d, options)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", d, err)
	}
	return source, nil
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
