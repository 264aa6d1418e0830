package walk

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cellnet/internal/filelock"
	"cellnet/proxies"
	"cellnet/proxies/table"
)

// Settings are what scores depend on beside the architecture and its seed. A
// journal goes on only by the same.
type Settings struct {
	Preset  string `json:"preset"`
	Dataset string `json:"dataset"`
	Images  int    `json:"images"`
	Sum     string `json:"images_sha256"`
	Shape   string `json:"shape"`
	// Measures are names.
	Measures []string `json:"measures"`
}

func (s Settings) equal(t Settings) bool {
	return s.Preset == t.Preset && s.Dataset == t.Dataset && s.Images == t.Images && s.Sum == t.Sum && s.Shape == t.Shape && slices.Equal(s.Measures, t.Measures)
}

// Record is a row in JSON, as a line of output and of a journal.
type Record struct {
	Arch    string              `json:"arch"`
	Index   *int                `json:"index"` // null outside the benchmark
	Seed    uint32              `json:"seed"`
	Scores  map[string]*float64 `json:"scores"` // null where undefined
	Reasons map[string]string   `json:"reasons,omitempty"`
}

// RecordOf makes a record of a row with scores of these measures.
func RecordOf(r table.Row, measures []proxies.Measure) Record {
	record := Record{Arch: r.Arch, Seed: r.Seed, Scores: map[string]*float64{}, Reasons: r.Reasons}
	if r.Index >= 0 {
		record.Index = &r.Index
	}
	for i, m := range measures {
		record.Scores[m.String()] = nil
		if !math.IsNaN(r.Scores[i]) {
			record.Scores[m.String()] = &r.Scores[i]
		}
	}
	return record
}

func (r Record) row(measures []string) table.Row {
	row := table.Row{Index: -1, Arch: r.Arch, Seed: r.Seed, Reasons: r.Reasons}
	if r.Index != nil {
		row.Index = *r.Index
	}
	for _, m := range measures {
		v := math.NaN()
		if s := r.Scores[m]; s != nil {
			v = *s
		}
		row.Scores = append(row.Scores, v)
	}
	return row
}

// Journal is a file of rows that are done, a line of JSON each after one of the
// settings. A line that a killed process has left half written is dropped.
type Journal struct {
	file     *os.File
	lock     *filelock.Lock
	path     string
	settings Settings
	measures []proxies.Measure
	rows     map[key]table.Row
	parts    []*Journal // that were taken in
}

// JournalOf is the path of the journal of a walk whose table is to be in a file, and
// PartOf that of a part of it, number index, from 0, of count.
func JournalOf(out string) string { return out + ".part" }
func PartOf(out string, index, count int) string {
	return fmt.Sprintf("%s.part-%d-of-%d", out, index+1, count)
}

// Parts lists the journals that parts of a walk have left.
func Parts(out string) (paths []string, err error) {
	entries, err := os.ReadDir(filepath.Dir(out))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if part, ok := strings.CutPrefix(e.Name(), filepath.Base(out)+".part-"); ok && !strings.Contains(part, ".") {
			paths = append(paths, filepath.Join(filepath.Dir(out), e.Name()))
		}
	}
	return paths, err
}

// OpenJournal opens or begins the journal of a path. It holds a lock beside it, so
// that no other process writes there. With other settings the error wraps
// ErrOtherSettings.
func OpenJournal(path string, s Settings, measures []proxies.Measure) (*Journal, error) {
	lock, err := filelock.TryAcquire(path + ".lock")
	if errors.Is(err, filelock.ErrHeld) {
		return nil, fmt.Errorf("%s: another process writes there", path)
	}
	if err != nil {
		return nil, err
	}
	j := &Journal{lock: lock, path: path, settings: s, measures: measures, rows: map[key]table.Row{}}
	if j.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666); err == nil {
		err = j.begin()
	}
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

// begin reads what is there, or writes the first line.
func (j *Journal) begin() error {
	good, err := j.read(j.file)
	if err != nil {
		return fmt.Errorf("reading the journal %s: %w", j.path, err)
	}
	if err := j.file.Truncate(good); err != nil {
		return err
	}
	if good == 0 {
		return j.write(j.settings)
	}
	_, err = j.file.Seek(good, io.SeekStart)
	return err
}

// read takes the rows of a journal, and gives the bytes of its whole lines.
func (j *Journal) read(file io.Reader) (good int64, err error) {
	r := bufio.NewReader(file)
	for lines := 1; ; lines++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) { // the end, or half a line
			return good, nil
		}
		if err != nil {
			return good, err
		}
		good += int64(len(line))
		if lines == 1 {
			var begun Settings
			if err := strict(line, &begun); err != nil {
				return good, fmt.Errorf("it is no journal of scores: %w", err)
			}
			if !begun.equal(j.settings) {
				return good, ErrOtherSettings
			}
			continue
		}
		var record Record
		if err := strict(line, &record); err != nil {
			return good, fmt.Errorf("line %d: %w", lines, err)
		}
		row := record.row(j.settings.Measures)
		j.rows[key{row.Arch, row.Seed}] = row
	}
}

// Join takes in what the journals of parts have, to which no other process may be
// writing. Removing the journal removes them, too.
func (j *Journal) Join(paths []string) error {
	for _, path := range paths {
		part, err := OpenJournal(path, j.settings, j.measures)
		if err != nil {
			return err
		}
		j.parts = append(j.parts, part)
		maps.Copy(j.rows, part.rows)
	}
	return nil
}

// Left are the items that none of these journals has.
func (s Settings) Left(items []Item, journals []string) ([]Item, error) {
	j := &Journal{settings: s, rows: map[key]table.Row{}}
	if err := j.Look(journals); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(items), j.Has), nil
}

// Look takes in what other journals have by now. They may be written to, or gone.
func (j *Journal) Look(paths []string) error {
	for _, path := range paths {
		file, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			_, err = j.read(file)
			err = errors.Join(err, file.Close())
		}
		if err != nil {
			return fmt.Errorf("reading the journal %s: %w", path, err)
		}
	}
	return nil
}

func strict(line []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// write appends a line at once: a process that is killed leaves it whole or not.
func (j *Journal) write(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	at, err := j.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return errors.Join(fmt.Errorf("writing scores: %w", err), j.file.Truncate(at))
	}
	return nil
}

// Has tells whether an item is done.
func (j *Journal) Has(i Item) bool {
	_, ok := j.rows[i.key()]
	return ok
}

// Add notes an item's row.
func (j *Journal) Add(r table.Row) error {
	if err := j.write(RecordOf(r, j.measures)); err != nil {
		return err
	}
	j.rows[key{r.Arch, r.Seed}] = r
	return nil
}

// Table has the rows of items, all of them done, in their order.
func (j *Journal) Table(items []Item) (*table.Table, error) {
	t := new(table.Table)
	for _, m := range j.measures {
		t.Measures = append(t.Measures, m.String())
	}
	for _, i := range items {
		r, ok := j.rows[i.key()]
		if !ok {
			return nil, fmt.Errorf("no scores of %v", i.Arch)
		}
		t.Rows = append(t.Rows, r)
	}
	return t, nil
}

// Close leaves the journal for a walk to come.
func (j *Journal) Close() error {
	var err error
	for _, part := range j.parts {
		err = errors.Join(err, part.Close())
	}
	j.parts = nil
	if j.file != nil {
		err = errors.Join(j.file.Sync(), j.file.Close())
		j.file = nil
	}
	if j.lock != nil {
		err = errors.Join(err, j.lock.Remove())
		j.lock = nil
	}
	return err
}

// Remove ends the journal when its table is written.
func (j *Journal) Remove() error {
	err := os.Remove(j.path)
	for _, part := range j.parts {
		err = errors.Join(err, part.Remove())
	}
	j.parts = nil
	return errors.Join(err, j.Close())
}
