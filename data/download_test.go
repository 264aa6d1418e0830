package data

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type entry struct {
	name    string
	kind    byte
	content []byte
}

func tarGz(t testing.TB, entries ...entry) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Mode: 0o777, Size: int64(len(e.content))}
		if e.kind == tar.TypeSymlink || e.kind == tar.TypeLink {
			h.Linkname = "/etc/passwd"
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const testFolder = "cifar-10-batches-bin"

// testArchive returns an archive's bytes and its description without an address.
func testArchive(t testing.TB) ([]byte, Archive) {
	noise := testPixels(256, 1) // so that the packed file is of some size
	packed := tarGz(t,
		entry{testFolder + "/", tar.TypeDir, nil},
		entry{testFolder + "/test_batch.bin", tar.TypeReg, binaryRecords(2, 1, func(i int) int { return i })},
		entry{testFolder + "/more/noise", tar.TypeReg, noise})
	return packed, archiveOf(packed)
}

func archiveOf(packed []byte) Archive {
	return Archive{Name: "test.tar.gz", Size: int64(len(packed)), MD5: fmt.Sprintf("%x", md5.Sum(packed)), Folder: testFolder}
}

// server answers requests for an archive; answer may do something else first and
// return true.
type server struct {
	*httptest.Server
	requests atomic.Int32
	ranges   []string
}

func serve(t testing.TB, packed []byte, answer func(n int, w http.ResponseWriter, r *http.Request) bool) *server {
	s := new(server)
	var mu sync.Mutex
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(s.requests.Add(1))
		mu.Lock()
		s.ranges = append(s.ranges, r.Header.Get("Range"))
		mu.Unlock()
		if answer == nil || !answer(n, w, r) {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(packed))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// cutOff sends the first n bytes of an answer that promises all, and hangs up.
func cutOff(w http.ResponseWriter, packed []byte, n int) {
	w.Header().Set("Content-Length", strconv.Itoa(len(packed)))
	w.Write(packed[:n])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// quick makes failures fast.
var quick = DownloadOptions{Stall: 5 * time.Second, Tries: 3, Wait: time.Millisecond}

func checkUnpacked(t *testing.T, dir string) {
	t.Helper()
	m, err := load(t, CIFAR10, OriTest, Options{Dir: dir, NoVerify: true})
	if err != nil || m.Len() != 2 {
		t.Errorf("what was unpacked: %v, %v", m, err)
	}
	if _, err := os.Stat(filepath.Join(dir, testFolder, "more", "noise")); err != nil {
		t.Error(err)
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if e.Name() != testFolder {
			t.Errorf("%s is left", e.Name())
		}
	}
}

func TestDownload(t *testing.T) {
	packed, archive := testArchive(t)
	half, all := len(packed)/2, len(packed)
	for _, c := range []struct {
		name     string
		part     []byte // of an earlier download
		answer   func(n int, w http.ResponseWriter, r *http.Request) bool
		requests int
		ranges   string
	}{
		{"whole", nil, nil, 1, ""},
		{"resumed", packed[:half], nil, 1, fmt.Sprintf("bytes=%d-", half)},
		{"already fetched", packed, nil, 0, ""},
		{"earlier file too long", append(bytes.Clone(packed), 1), nil, 1, ""},
		{"earlier part wrong", make([]byte, half), nil, 2, fmt.Sprintf("bytes=%d-,", half)},
		{"earlier file wrong", make([]byte, all), nil, 1, ""},
		{"cut off once", nil, func(n int, w http.ResponseWriter, r *http.Request) bool {
			if n == 1 {
				cutOff(w, packed, half)
			}
			return false
		}, 2, fmt.Sprintf(",bytes=%d-", half)},
		{"server without ranges", packed[:half], func(n int, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Length", strconv.Itoa(all))
			w.Write(packed)
			return true
		}, 1, fmt.Sprintf("bytes=%d-", half)},
		{"another range than asked for", packed[:half], func(n int, w http.ResponseWriter, r *http.Request) bool {
			if n > 1 {
				return false
			}
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", all-1, all))
			w.WriteHeader(http.StatusPartialContent)
			w.Write(packed)
			return true
		}, 2, fmt.Sprintf("bytes=%d-,", half)},
		{"range refused", packed[:half], func(n int, w http.ResponseWriter, r *http.Request) bool {
			if n == 1 {
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			}
			return n == 1
		}, 2, fmt.Sprintf("bytes=%d-,", half)},
		{"busy twice", nil, func(n int, w http.ResponseWriter, r *http.Request) bool {
			if n <= 2 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return n <= 2
		}, 3, ",,"},
		{"no length told", nil, func(n int, w http.ResponseWriter, r *http.Request) bool {
			for _, b := range packed {
				w.Write([]byte{b})
				w.(http.Flusher).Flush()
				break
			}
			w.Write(packed[1:])
			return true
		}, 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.part != nil {
				writeFile(t, c.part, dir, "test.tar.gz.part")
			}
			s := serve(t, packed, c.answer)
			a := archive
			a.Addresses = []string{s.URL}
			options := quick
			var last, lastTotal int64
			options.Progress = func(done, total int64) { last, lastTotal = done, total }
			if err := a.Download(t.Context(), dir, options); err != nil {
				t.Fatal(err)
			}
			checkUnpacked(t, dir)
			if int(s.requests.Load()) != c.requests || strings.Join(s.ranges, ",") != c.ranges {
				t.Errorf("%d requests with ranges %q, want %d with %q", s.requests.Load(), s.ranges, c.requests, c.ranges)
			}
			if last != archive.Size || lastTotal != archive.Size {
				t.Errorf("last progress %d of %d", last, lastTotal)
			}
		})
	}
}

func TestDownloadFailures(t *testing.T) {
	packed, archive := testArchive(t)
	for _, c := range []struct {
		name     string
		answer   func(n int, w http.ResponseWriter, r *http.Request) bool
		stall    time.Duration
		requests int
		want     string
		part     int // bytes that must stay
	}{
		{"not found", func(n int, w http.ResponseWriter, r *http.Request) bool {
			http.NotFound(w, r)
			return true
		}, 0, 1, "server says 404 Not Found", 0},
		{"always busy", func(n int, w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(http.StatusBadGateway)
			return true
		}, 0, 3, "server says 502 Bad Gateway, 3 times", 0},
		{"cut off for good", func(n int, w http.ResponseWriter, r *http.Request) bool {
			if n > 1 {
				panic(http.ErrAbortHandler)
			}
			cutOff(w, packed, 1000)
			return true
		}, 0, 4, "EOF, 3 times", 1000},
		{"wrong sum", func(n int, w http.ResponseWriter, r *http.Request) bool {
			w.Write(make([]byte, len(packed)))
			return true
		}, 0, 1, "MD5 sum is", 0},
		{"page instead of archive", func(n int, w http.ResponseWriter, r *http.Request) bool {
			w.Write([]byte("<html>"))
			return true
		}, 0, 1, "server offers 6 bytes, the published archive has", 0},
		{"endless", func(n int, w http.ResponseWriter, r *http.Request) bool {
			for {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return true
				}
			}
		}, 0, 1, "server sends more than", 0},
		{"silent", func(n int, w http.ResponseWriter, r *http.Request) bool {
			<-r.Context().Done()
			return true
		}, 20 * time.Millisecond, 3, "server sent nothing for 20ms, 3 times", 0},
		{"silent half way", func(n int, w http.ResponseWriter, r *http.Request) bool {
			if n == 1 {
				w.Header().Set("Content-Length", strconv.Itoa(len(packed)))
				w.Write(packed[:500])
				w.(http.Flusher).Flush()
			}
			<-r.Context().Done()
			return true
		}, 100 * time.Millisecond, 4, "server sent nothing for 100ms, 3 times", 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			s := serve(t, packed, c.answer)
			a := archive
			a.Addresses = []string{s.URL + "/test.tar.gz"}
			options := quick
			if c.stall > 0 {
				options.Stall = c.stall
			}
			err := a.Download(t.Context(), dir, options)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") ||
				!strings.HasPrefix(err.Error(), "downloading test.tar.gz: ") {
				t.Fatalf("error %v, want %q", err, c.want)
			}
			if n := int(s.requests.Load()); n != c.requests {
				t.Errorf("%d requests, want %d", n, c.requests)
			}
			part, err := os.ReadFile(filepath.Join(dir, "test.tar.gz.part"))
			if err != nil || len(part) != c.part || !bytes.Equal(part, packed[:c.part]) {
				t.Errorf("%d bytes stay (%v), want %d", len(part), err, c.part)
			}
			if _, err := os.Stat(filepath.Join(dir, testFolder)); err == nil {
				t.Error("a folder was made")
			}
		})
	}
}

func TestDownloadFromSecondAddress(t *testing.T) {
	packed, archive := testArchive(t)
	bad := serve(t, packed, func(n int, w http.ResponseWriter, r *http.Request) bool {
		http.NotFound(w, r)
		return true
	})
	archive.Addresses = []string{"nonsense://x", bad.URL, serve(t, packed, nil).URL}
	dir := t.TempDir()
	if err := archive.Download(t.Context(), dir, quick); err != nil {
		t.Fatal(err)
	}
	checkUnpacked(t, dir)
	archive.Addresses = []string{bad.URL + "/a", bad.URL + "/b"}
	err := archive.Download(t.Context(), t.TempDir(), quick)
	if err == nil || !strings.Contains(err.Error(), "/a: server says") || !strings.Contains(err.Error(), "/b: server says") {
		t.Errorf("error %v names not both addresses", err)
	}
}

func TestInterruptedDownloadGoesOn(t *testing.T) {
	packed, archive := testArchive(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, packed, func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n > 1 {
			return false
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(packed)))
		w.Write(packed[:700])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		return true
	})
	archive.Addresses = []string{s.URL}
	dir := t.TempDir()
	options := quick
	options.Progress = func(done, total int64) {
		if done == 700 {
			cancel()
		}
	}
	err := archive.Download(ctx, dir, options)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "test.tar.gz.part") {
		t.Fatalf("error %v", err)
	}
	if err := archive.Download(t.Context(), dir, quick); err != nil {
		t.Fatal(err)
	}
	checkUnpacked(t, dir)
	if s.ranges[1] != "bytes=700-" {
		t.Errorf("went on with range %q", s.ranges[1])
	}
}

func TestConcurrentDownloadsFetchOnce(t *testing.T) {
	packed, archive := testArchive(t)
	s := serve(t, packed, func(n int, w http.ResponseWriter, r *http.Request) bool {
		time.Sleep(50 * time.Millisecond) // so that all ask before the first one is done
		return false
	})
	archive.Addresses = []string{s.URL}
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := archive.Download(t.Context(), dir, quick); err != nil && !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	checkUnpacked(t, dir)
	if n := s.requests.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestDownloadLeavesFolderAlone(t *testing.T) {
	_, archive := testArchive(t)
	dir := t.TempDir()
	path := writeFile(t, []byte("mine"), dir, testFolder, "test_batch.bin")
	err := archive.Download(t.Context(), dir, quick)
	if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), filepath.Join(dir, testFolder)) {
		t.Errorf("error %v", err)
	}
	if content, _ := os.ReadFile(path); string(content) != "mine" {
		t.Error("the folder was changed")
	}
}

func TestPublishedArchives(t *testing.T) {
	for _, d := range Datasets() {
		a, ok := d.Archive()
		if want := d == CIFAR10 || d == CIFAR10Valid || d == CIFAR100; ok != want {
			t.Errorf("%v: archive %v", d, ok)
		}
		if !ok {
			continue
		}
		if a.Folder != d.layouts()[0].folder || len(a.MD5) != 32 || a.Addresses[0] != "https://www.cs.toronto.edu/~kriz/"+a.Name {
			t.Errorf("%v: %+v", d, a)
		}
	}
}

func TestUnpackRefuses(t *testing.T) {
	file := []byte("x")
	for _, c := range []struct {
		name   string
		packed []byte
		want   string
	}{
		{"path above", tarGz(t, entry{"../evil", tar.TypeReg, file}), "outside of the folder"},
		{"path above from inside", tarGz(t, entry{testFolder + "/../../evil", tar.TypeReg, file}), "outside of the folder"},
		{"absolute path", tarGz(t, entry{"/tmp/evil", tar.TypeReg, file}), "outside of the folder"},
		{"another folder", tarGz(t, entry{"other/file", tar.TypeReg, file}), "outside of the folder"},
		{"folder with a longer name", tarGz(t, entry{testFolder + "2/file", tar.TypeReg, file}), "outside of the folder"},
		{"symbolic link", tarGz(t, entry{testFolder + "/link", tar.TypeSymlink, nil}), "neither file nor folder"},
		{"hard link", tarGz(t, entry{testFolder + "/link", tar.TypeLink, nil}), "neither file nor folder"},
		{"device", tarGz(t, entry{testFolder + "/null", tar.TypeChar, nil}), "neither file nor folder"},
		{"file twice", tarGz(t, entry{testFolder + "/a", tar.TypeReg, file}, entry{testFolder + "/a", tar.TypeReg, file}), "exist"},
		{"no gzip", []byte("nothing"), "not a gzip file"},
		{"no tar", gzipped(t, bytes.Repeat([]byte("nothing "), 200)), "not a tar file"},
		{"cut off", cutArchive(t), "unexpected EOF"},
		{"too large", hugeArchive(t), "holds more than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			outer := t.TempDir()
			dir := filepath.Join(outer, "data")
			part := writeFile(t, c.packed, dir, "test.tar.gz.part")
			err := archiveOf(c.packed).unpack(t.Context(), part, dir)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			for at, want := range map[string]string{outer: "data", dir: "test.tar.gz.part"} {
				entries, _ := os.ReadDir(at)
				if len(entries) != 1 || entries[0].Name() != want {
					t.Errorf("%s holds %v", at, entries)
				}
			}
		})
	}
}

func gzipped(t testing.TB, content []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(content)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func cutArchive(t testing.TB) []byte {
	packed, _ := testArchive(t)
	return packed[:len(packed)/2]
}

// hugeArchive announces a file of more bytes than are allowed.
func hugeArchive(t testing.TB) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: testFolder + "/huge", Typeflag: tar.TypeReg, Size: maxUnpacked + 1}); err != nil {
		t.Fatal(err)
	}
	return gzipped(t, b.Bytes())
}

// TestUnpackAfterAKill finds what a killed process has half unpacked.
func TestUnpackAfterAKill(t *testing.T) {
	packed, archive := testArchive(t)
	dir := t.TempDir()
	part := writeFile(t, packed, dir, "test.tar.gz.part")
	writeFile(t, []byte("half"), dir, "."+testFolder+".part", "test_batch.bin")
	writeFile(t, nil, dir, "."+testFolder+".lock")
	if err := archive.unpack(t.Context(), part, dir); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 || entries[0].Name() != testFolder {
		t.Errorf("left are %v, %v", entries, err)
	}
	if content, err := os.ReadFile(filepath.Join(dir, testFolder, "test_batch.bin")); err != nil || string(content) == "half" {
		t.Errorf("it has %q, %v", content, err)
	}
}
