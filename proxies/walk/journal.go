package walk

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

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
	measures []proxies.Measure
	rows     map[key]table.Row
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
	j := &Journal{lock: lock, path: path, measures: measures, rows: map[key]table.Row{}}
	if j.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666); err == nil {
		err = j.begin(s)
	}
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

// begin reads what is there, or writes the first line.
func (j *Journal) begin(s Settings) error {
	wrap := func(err error) error { return fmt.Errorf("reading the journal %s: %w", j.path, err) }
	r := bufio.NewReader(j.file)
	first, err := r.ReadBytes('\n')
	good := int64(len(first))
	switch {
	case errors.Is(err, io.EOF): // nothing, or half a line
		if err := j.file.Truncate(0); err != nil {
			return err
		}
		return j.write(s)
	case err != nil:
		return wrap(err)
	}
	var begun Settings
	if err := strict(first, &begun); err != nil {
		return wrap(fmt.Errorf("it is no journal of scores: %w", err))
	}
	if !begun.equal(s) {
		return wrap(ErrOtherSettings)
	}
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return wrap(err)
		}
		var record Record
		if err := strict(line, &record); err != nil {
			return wrap(fmt.Errorf("line %d: %w", len(j.rows)+2, err))
		}
		row := record.row(begun.Measures)
		j.rows[key{row.Arch, row.Seed}] = row
		good += int64(len(line))
	}
	if err := j.file.Truncate(good); err != nil {
		return wrap(err)
	}
	_, err = j.file.Seek(good, io.SeekStart)
	return err
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
	return errors.Join(err, j.Close())
}
