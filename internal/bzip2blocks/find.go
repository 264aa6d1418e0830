package bzip2blocks

import (
	"errors"
	"io"
)

// The patterns of 48 bits that a block and the end of a stream begin with.
const (
	blockMagic = 0x314159265359
	endMagic   = 0x177245385090
	magicBits  = 48
	magicMask  = 1<<magicBits - 1
	crcBits    = 32
)

// mark is a place where a block or the end of a stream may begin. One in 2^48
// places looks like one and is none.
type mark struct {
	bit int64 // from the start of the file
	end bool
}

// findMarks looks through a file for both patterns.
func findMarks(r io.Reader) ([]mark, error) {
	var (
		marks  []mark
		window uint64
		offset int64
		buf    = make([]byte, 1<<16)
	)
	for {
		n, err := r.Read(buf)
		for _, b := range buf[:n] {
			window = window<<8 | uint64(b)
			offset++
			for shift := 7; shift >= 0; shift-- {
				switch window >> shift & magicMask {
				case blockMagic:
					marks = append(marks, mark{8*offset - int64(shift) - magicBits, false})
				case endMagic:
					marks = append(marks, mark{8*offset - int64(shift) - magicBits, true})
				}
			}
		}
		if errors.Is(err, io.EOF) {
			return marks, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
