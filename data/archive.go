package data

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"cellnet/internal/atomicfile"
	"cellnet/internal/filelock"
	"cellnet/internal/inputfile"
)

// Archive is a published .tar.gz file that holds one folder of a dataset.
type Archive struct {
	// Name is the file's name, Size its length in bytes and MD5 its sum.
	Name string
	Size int64
	MD5  string
	// Folder is the folder in the archive.
	Folder string
	// Addresses are the URLs it can be had from, tried in this order.
	Addresses []string
}

// Archive returns the published archive with the Python files of a dataset. Of
// ImageNet16-120 there is none that anyone may fetch; the synthetic dataset needs
// none.
func (d Dataset) Archive() (Archive, bool) {
	switch d {
	case CIFAR10, CIFAR10Valid:
		return cifarArchive("cifar-10-python.tar.gz", 170498071, "c58f30108f718f92721af3b95e74349a", "cifar-10-batches-py"), true
	case CIFAR100:
		return cifarArchive("cifar-100-python.tar.gz", 169001437, "eb9058c3a382ffc7106e4002c42a8d85", "cifar-100-python"), true
	}
	return Archive{}, false
}

// cifarArchive is an archive of https://www.cs.toronto.edu/~kriz/cifar.html,
// which moved to cave.cs.toronto.edu.
func cifarArchive(name string, size int64, md5, folder string) Archive {
	return Archive{name, size, md5, folder, []string{
		"https://www.cs.toronto.edu/~kriz/" + name,
		"https://cave.cs.toronto.edu/kriz/" + name,
	}}
}

// maxUnpacked bounds what an archive may hold; CIFAR has 186 MB.
const maxUnpacked = 1 << 30

// Download fetches the archive, checks its sum, and unpacks its folder into dir,
// where [Open] finds it. The folder appears all at once. What an interrupted
// download has fetched stays in dir, and the next one goes on from there. If
// several processes ask for the same archive, one fetches it and the others
// wait. A folder that is there already is left alone and is an error,
// fs.ErrExist.
func (a Archive) Download(ctx context.Context, dir string, options DownloadOptions) error {
	folder := filepath.Join(dir, a.Folder)
	if _, err := os.Lstat(folder); err == nil {
		return fmt.Errorf("downloading %s: %s: %w: move it away first", a.Name, folder, fs.ErrExist)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("downloading %s: %w", a.Name, err)
	}
	file := filepath.Join(dir, a.Name)
	lock, err := filelock.Acquire(ctx, file+".lock")
	if err != nil {
		return fmt.Errorf("downloading %s: %w", a.Name, err)
	}
	defer lock.Remove()
	if _, err := os.Lstat(folder); err == nil {
		return nil // by another process, while we waited for the lock
	}
	part := file + ".part"
	if err := a.fetch(ctx, part, options.withDefaults()); err != nil {
		return fmt.Errorf("downloading %s: %w", a.Name, err)
	}
	if err := a.unpack(ctx, part, dir); err != nil {
		return fmt.Errorf("unpacking %s: %w", part, err)
	}
	return os.Remove(part)
}

// unpack unpacks the archive in file into a new folder in dir.
func (a Archive) unpack(ctx context.Context, file, dir string) (err error) {
	packed, _, err := inputfile.Open(file)
	if err != nil {
		return err
	}
	defer packed.Close()
	folder, err := atomicfile.CreateFolder(filepath.Join(dir, a.Folder))
	if err != nil {
		return err
	}
	defer folder.Close()
	root, err := os.OpenRoot(folder.Path())
	if err != nil {
		return err
	}
	defer root.Close()
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		return brokenf("not a gzip file: %v", err)
	}
	archive := tar.NewReader(unzipped)
	left := int64(maxUnpacked)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		header, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return brokenf("not a tar file: %v", err)
		}
		if left -= header.Size; left < 0 {
			return brokenf("holds more than %d bytes", maxUnpacked)
		}
		if err := a.unpackEntry(root, header, archive); err != nil {
			return err
		}
	}
	return folder.Commit()
}

// unpackEntry makes one file or folder below root, which is the archive's folder.
func (a Archive) unpackEntry(root *os.Root, header *tar.Header, content io.Reader) error {
	name := path.Clean(header.Name)
	if !filepath.IsLocal(name) || name != a.Folder && !strings.HasPrefix(name, a.Folder+"/") {
		return brokenf("holds %q, outside of the folder %s", header.Name, a.Folder)
	}
	if name = strings.TrimPrefix(strings.TrimPrefix(name, a.Folder), "/"); name == "" {
		name = "."
	}
	switch header.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case tar.TypeReg:
	default:
		return brokenf("holds %q, which is neither file nor folder", header.Name)
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Sync(), file.Close())
}
