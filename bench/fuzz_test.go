package bench

import (
	"bytes"
	"cellnet/bench/record"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/bench/internal/published"
	"cellnet/data"
	"cellnet/internal/pickle"
	"cellnet/weights"
)

// useAll makes queries of everything that data holds, if it can be opened.
func useAll(t *testing.T, text []byte) {
	b, err := Read("fuzz", bytes.NewReader(text), int64(len(text)))
	if err != nil {
		checkLine(t, err)
		return
	}
	defer b.Close()
	n := 0
	for a, err := range b.All() {
		if err != nil {
			checkLine(t, err)
			continue
		}
		for hp := range a.All() {
			_, err := b.MoreInfo(Selection{Index: a.Index, Dataset: data.CIFAR10, HP: hp})
			checkLine(t, err)
			_, err = b.MoreInfo(Selection{a.Index, data.CIFAR100, hp, AtEpoch(1), OfSeed(777)})
			checkLine(t, err)
			_, err = b.Cost(a.Index, data.CIFAR10Valid, hp)
			checkLine(t, err)
			_, err = b.InfoString(a.Index, hp)
			checkLine(t, err)
		}
		if n++; n == 20 {
			break
		}
	}
	_, _, err = b.Best(BestQuery{Dataset: data.CIFAR10, Set: data.OriTest, HP: HP12})
	checkLine(t, err)
	_, err = b.Statistics(data.CIFAR10, HP12)
	checkLine(t, err)
	_ = b.String()
}

// checkLine makes sure that an error is one line.
func checkLine(t *testing.T, err error) {
	if err != nil && strings.Contains(strings.TrimSpace(err.Error()), "\n") {
		t.Errorf("error of several lines: %v", err)
	}
}

func smallFile(f testing.TB) string { return fileOf(f, 5, 6) }

// fileOf writes a benchmark file of some architectures.
func fileOf(f testing.TB, indexes ...int) string {
	archs := map[int]*pickle.Dict{}
	for _, index := range indexes {
		archs[index] = plainArch(index)
	}
	return writeBenchmark(f, archs)
}

func readFile(f testing.TB, path string) []byte {
	f.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	return text
}

func FuzzPublishedFiles(f *testing.F) {
	b := mustOpen(f, smallFile(f))
	for i, o := range []ExportOptions{
		{Layout: record.NASBench201Archive}, {Layout: record.NASBench201Archive, Format: weights.Zip}, {Layout: record.NATSFolder},
	} {
		dir := filepath.Join(f.TempDir(), fmt.Sprint(i))
		if err := Export(b, dir, o); err != nil {
			f.Fatal(err)
		}
		suffix := published.ArchiveSuffix
		if o.Layout == record.NATSFolder {
			suffix = published.NATSSuffix
		}
		f.Add(readFile(f, filepath.Join(dir, "000005"+suffix)))
	}
	naslib := filepath.Join(f.TempDir(), "naslib.pickle")
	if err := Export(b, naslib, ExportOptions{Layout: record.NASLib}); err != nil {
		f.Fatal(err)
	}
	f.Add(readFile(f, naslib))
	f.Fuzz(useAll)
}

func FuzzStore(f *testing.F) {
	b := mustOpen(f, smallFile(f))
	b.space = func() (searchSpace, error) { // a short search space, so that mutations reach more than it
		archs := make([]string, 10)
		for i := range archs {
			archs[i] = fmt.Sprint("arch ", i)
		}
		index, err := indexOf(archs)
		return searchSpace{archs, index}, err
	}
	store := filepath.Join(f.TempDir(), "small.parquet")
	if err := Import(b, store, nil); err != nil {
		f.Fatal(err)
	}
	f.Add(readFile(f, store))
	f.Fuzz(useAll)
}
