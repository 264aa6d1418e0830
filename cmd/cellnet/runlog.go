package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"cellnet/internal/atomicfile"
	"cellnet/train"
)

// runLog is a file with a line of JSON for every epoch.
type runLog struct {
	file   *os.File
	epochs int
	err    error // the first one
}

// logLine is what is logged of an epoch.
type logLine struct {
	Epoch  int                      `json:"epoch"` // from 0
	Epochs int                      `json:"epochs"`
	Rate   float64                  `json:"rate"`
	Train  train.Metrics            `json:"train"`
	Sets   map[string]train.Metrics `json:"sets"`
	Speed  float64                  `json:"images_per_second"` // of the training
}

// openLog writes the epochs that are done, and takes the next ones.
func (f runFolder) openLog(epochs int, done []train.Epoch) (*runLog, error) {
	err := atomicfile.Write(f.log(), func(w io.Writer) error {
		for _, e := range done {
			if err := writeLogLine(w, epochs, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("starting the log: %w", err)
	}
	file, err := os.OpenFile(f.log(), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("starting the log: %w", err)
	}
	return &runLog{file: file, epochs: epochs}, nil
}

func (l *runLog) add(e train.Epoch) {
	if l.err == nil {
		l.err = writeLogLine(l.file, l.epochs, e)
	}
}

func (l *runLog) close() error {
	err := l.file.Close()
	if l.err != nil {
		err = l.err
	}
	if err != nil {
		return fmt.Errorf("writing the log: %w", err)
	}
	return nil
}

func writeLogLine(w io.Writer, epochs int, e train.Epoch) error {
	line := logLine{e.Epoch, epochs, e.Rate, e.Train, map[string]train.Metrics{}, float64(e.Train.N) / e.Train.Seconds}
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
