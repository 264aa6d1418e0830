// Command genbench writes a benchmark file of the published one's shape and size
// to measure with:
//
//	go run ./bench/internal/scale/genbench -o big.pth
//	go run ./bench/internal/scale/genbench -archs 1000 -o small.pth
package main

import (
	"flag"
	"fmt"
	"os"

	"cellnet/bench/internal/scale"
	"cellnet/cell"
)

func main() {
	archs := flag.Int("archs", cell.SpaceSize, "architectures with records; all of them make 5.0 GB")
	seed := flag.Uint64("seed", 201, "of the made-up numbers")
	out := flag.String("o", "", "file to write")
	flag.Parse()
	if err := run(*out, *archs, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "genbench:", err)
		os.Exit(1)
	}
}

func run(out string, archs int, seed uint64) error {
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	if err := scale.Write(f, archs, seed); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
