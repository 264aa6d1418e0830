package rundir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"cellnet/data"
	"cellnet/internal/atomicfile"
	"cellnet/internal/inputfile"
	"cellnet/train"
)

// Log is a file with a line of JSON for every epoch.
type Log struct {
	file   *os.File
	epochs int // of the whole training
	logged int
	err    error // the first one
}

// Line is what is logged of an epoch.
type Line struct {
	Epoch  int                      `json:"epoch"` // from 0
	Epochs int                      `json:"epochs"`
	Rate   float64                  `json:"rate"`
	Train  train.Metrics            `json:"train"`
	Sets   map[string]train.Metrics `json:"sets"`
	Speed  float64                  `json:"images_per_second"` // of the training
}

// Metrics are those of a set, if the epoch has them.
func (l Line) Metrics(set data.Set) (train.Metrics, bool) {
	if set == data.Train {
		return l.Train, true
	}
	m, ok := l.Sets[set.String()]
	return m, ok
}

// LogIn is the log in a folder.
func LogIn(folder string) string { return filepath.Join(folder, logName) }

// ReadLog reads the lines of a log.
func ReadLog(content []byte) ([]Line, error) {
	var lines []Line
	for text := range bytes.Lines(content) {
		var line Line
		if err := json.Unmarshal(text, &line); err != nil {
			return lines, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// maxLog is how many bytes log.jsonl may have.
const maxLog = 16 << 20

// openLog opens a log for the epochs to come. Of those that are done it adds the
// missing ones. Lines of later epochs stay: the training comes to them again.
func openLog(path string, epochs int, done []train.Epoch) (*Log, error) {
	fail := func(err error) (*Log, error) { return nil, fmt.Errorf("starting the log: %w", err) }
	content, err := inputfile.Read(path, maxLog)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return fail(err)
	}
	intact, n := intactLines(content)
	l := &Log{epochs: epochs, logged: max(n, len(done))}
	if missing || len(intact) < len(content) || n < len(done) {
		err := atomicfile.Write(path, func(w io.Writer) error {
			if _, err := w.Write(intact); err != nil {
				return err
			}
			for _, e := range done[min(n, len(done)):] {
				if err := writeLine(w, epochs, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fail(err)
		}
	}
	if l.file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0); err != nil {
		return fail(err)
	}
	return l, nil
}

// intactLines gives the lines from the first epoch on that are whole, and their
// number.
func intactLines(content []byte) (intact []byte, n int) {
	for text := range bytes.Lines(content) {
		var line Line
		if !bytes.HasSuffix(text, []byte("\n")) || json.Unmarshal(text, &line) != nil || line.Epoch != n {
			break
		}
		intact = content[:len(intact)+len(text)]
		n++
	}
	return intact, n
}

// Add logs an epoch that is done. A failure is told by [Log.Close].
func (l *Log) Add(e train.Epoch) {
	if l.err == nil && e.Epoch >= l.logged {
		l.err = writeLine(l.file, l.epochs, e)
		l.logged++
	}
}

// Close closes the log, and tells the first failure.
func (l *Log) Close() error {
	err := l.file.Close()
	if l.err != nil {
		err = l.err
	}
	if err != nil {
		return fmt.Errorf("writing the log: %w", err)
	}
	return nil
}

func writeLine(w io.Writer, epochs int, e train.Epoch) error {
	line := Line{e.Epoch, epochs, e.Rate, e.Train, map[string]train.Metrics{}, float64(e.Train.N) / e.Train.Seconds}
	for _, evaluation := range e.Evaluations {
		line.Sets[evaluation.Set.String()] = evaluation.Metrics
	}
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}
