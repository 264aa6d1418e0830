package bzip2blocks

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sort"
	"sync"
)

// File is a bzip2 file. Its methods may be called by several goroutines.
type File struct {
	r    io.ReaderAt
	size int64

	mu     sync.Mutex
	marks  []mark
	found  bool
	blocks []block // those from the start of the file whose places are known
	ended  bool    // blocks are all that there are
	jobs   map[int]*job
	recent []int // marks of jobs, oldest first
}

// block is a block whose place in the unpacked file is known.
type block struct {
	mark   int   // where it begins
	level  byte  // of its stream
	offset int64 // of its first byte
	length int64
	next   position
}

// position is a place between blocks.
type position struct {
	mark  int
	level byte
	sum   uint32 // of the stream's blocks so far
}

// job is the decoding of a block, which may be under way.
type job struct {
	done chan struct{}
	data []byte
	sum  uint32
	next int // mark that the block ends at
	err  error
}

// Open prepares to read a file of the given size.
func Open(r io.ReaderAt, size int64) *File { return &File{r: r, size: size, jobs: map[int]*job{}} }

var errBroken = errors.New("broken bzip2 data")

// ErrExpands tells of a file that unpacks to more than Limit allows.
var ErrExpands = fmt.Errorf("bzip2 data that expand to more than %d times their size", maxExpansion)

const (
	maxExpansion = 256
	allowance    = 1 << 20
)

// Limit is how many bytes a file of the given size may unpack to. The published
// files reach 39 times their size.
func Limit(size int64) int64 { return maxExpansion*size + allowance }

// Reader gives a reader of the unpacked file from an offset on. An offset that
// was not reached before costs as much as reading up to it.
func (f *File) Reader(offset int64) (io.ReadCloser, error) {
	if err := f.find(); err != nil {
		return nil, err
	}
	r := &reader{f: f}
	for {
		f.mu.Lock()
		i := sort.Search(len(f.blocks), func(i int) bool { return f.blocks[i].offset+f.blocks[i].length > offset })
		known, ended := i < len(f.blocks), f.ended
		f.mu.Unlock()
		switch {
		case known:
			r.block = i
			r.skip = offset - f.blocks[i].offset
			return r, nil
		case ended:
			r.block = i
			return r, nil
		}
		if _, err := f.data(i); err != nil && err != io.EOF {
			return nil, err
		}
	}
}

// find looks for the blocks, once.
func (f *File) find() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.found {
		return nil
	}
	marks, err := findMarks(io.NewSectionReader(f.r, 0, f.size))
	if err != nil {
		return err
	}
	f.marks, f.found = marks, true
	return nil
}

// data gives the data of a block, or io.EOF after the last.
func (f *File) data(i int) ([]byte, error) {
	f.mu.Lock()
	if i < len(f.blocks) {
		b := f.blocks[i]
		j := f.start(b.mark, b.level)
		f.ahead(b.next.mark, b.level)
		f.mu.Unlock()
		<-j.done
		return j.data, j.err
	}
	defer f.mu.Unlock()
	if i > len(f.blocks) || f.ended {
		return nil, io.EOF
	}
	return f.grow()
}

// grow decodes the first block whose place is not known yet.
func (f *File) grow() ([]byte, error) {
	at, offset := position{}, int64(0)
	if n := len(f.blocks); n > 0 {
		last := f.blocks[n-1]
		at, offset = last.next, last.offset+last.length
	}
	at, ended, err := f.enter(at)
	if err != nil {
		return nil, err
	}
	if ended {
		f.ended = true
		return nil, io.EOF
	}
	j := f.start(at.mark, at.level)
	f.ahead(at.mark+1, at.level)
	n := len(f.blocks)
	f.mu.Unlock()
	<-j.done
	f.mu.Lock()
	if j.err != nil {
		return nil, j.err
	}
	if offset+int64(len(j.data)) > Limit(f.size) {
		return nil, ErrExpands
	}
	if len(f.blocks) == n { // else another goroutine was faster
		f.blocks = append(f.blocks, block{at.mark, at.level, offset, int64(len(j.data)), position{j.next, at.level, at.sum<<1 | at.sum>>31 ^ j.sum}})
	}
	return j.data, nil
}

// enter goes on from a place between blocks to the next block, over ends and
// starts of streams.
func (f *File) enter(at position) (position, bool, error) {
	for {
		start := int64(0)
		if at.level != 0 {
			if at.mark >= len(f.marks) {
				return at, false, fmt.Errorf("%w: cut off", errBroken)
			}
			if !f.marks[at.mark].end {
				return at, false, nil
			}
			var err error
			if start, err = f.endOfStream(at); err != nil {
				return at, false, err
			}
			if start == f.size {
				return at, true, nil
			}
			at.mark++
		}
		var head [4]byte
		if _, err := f.r.ReadAt(head[:], start); err != nil && !errors.Is(err, io.EOF) {
			return at, false, err
		}
		if !bytes.HasPrefix(head[:], []byte("BZh")) || head[3] < '1' || head[3] > '9' {
			return at, false, fmt.Errorf("%w: no start of a stream at byte %d", errBroken, start)
		}
		if at.mark >= len(f.marks) || f.marks[at.mark].bit != 8*(start+4) {
			return at, false, fmt.Errorf("%w: no block at byte %d", errBroken, start+4)
		}
		at.level, at.sum = head[3], 0
	}
}

// endOfStream checks the sum of a stream and gives the byte that follows it.
func (f *File) endOfStream(at position) (int64, error) {
	bit := f.marks[at.mark].bit + magicBits
	if bit+crcBits > 8*f.size {
		return 0, fmt.Errorf("%w: cut off", errBroken)
	}
	sum, err := bitsAt(f.r, bit, crcBits)
	if err != nil {
		return 0, err
	}
	if binary.BigEndian.Uint32(sum) != at.sum {
		return 0, fmt.Errorf("%w: wrong sum of a stream", errBroken)
	}
	return (bit + crcBits + 7) / 8, nil
}

// start begins to decode the block at a mark, unless that is done or under way.
func (f *File) start(at int, level byte) *job {
	if j, ok := f.jobs[at]; ok {
		return j
	}
	j := &job{done: make(chan struct{})}
	f.jobs[at] = j
	f.recent = append(f.recent, at)
	if keep := 4 * workers(); len(f.recent) > keep {
		delete(f.jobs, f.recent[0])
		f.recent = append(f.recent[:0], f.recent[1:]...)
	}
	go func() {
		defer close(j.done)
		j.decode(f, at, level)
	}()
	return j
}

func workers() int { return runtime.GOMAXPROCS(0) }

// ahead begins to decode the blocks that will be wanted next.
func (f *File) ahead(at int, level byte) {
	for range workers() {
		if at >= len(f.marks) || f.marks[at].end {
			return
		}
		f.start(at, level)
		at++
	}
}

// decode decodes the block at a mark. It ends at the next mark, or if that only
// looks like one at a later one.
func (j *job) decode(f *File, at int, level byte) {
	const tries = 3
	for next := at + 1; next <= at+tries && next < len(f.marks); next++ {
		data, sum, err := decodeBlock(f.r, level, f.marks[at].bit, f.marks[next].bit, Limit(f.size))
		if errors.Is(err, ErrExpands) {
			j.err = err
			return
		}
		if err == nil {
			j.data, j.sum, j.next, j.err = data, sum, next, nil
			return
		}
		if j.err == nil {
			j.err = fmt.Errorf("%w: %w", errBroken, err)
		}
	}
	if j.err == nil {
		j.err = fmt.Errorf("%w: cut off", errBroken)
	}
}

// reader reads the unpacked file.
type reader struct {
	f     *File
	block int
	skip  int64
	data  []byte
}

func (r *reader) Read(p []byte) (int, error) {
	for len(r.data) == 0 {
		data, err := r.f.data(r.block)
		if err != nil {
			return 0, err
		}
		r.block++
		k := min(r.skip, int64(len(data)))
		r.data, r.skip = data[k:], r.skip-k
	}
	n := copy(p, r.data)
	r.data = r.data[n:]
	return n, nil
}

func (r *reader) Close() error { return nil }
