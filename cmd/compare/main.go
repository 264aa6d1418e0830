// Command compare compares the speed and memory of cellnet with those of
// PyTorch on the same machine: training and evaluation of cells, and, if it is
// given weights and images, the evaluation of CIFAR-10's test images by whole
// processes. The two take turns, and medians are compared.
//
// It needs a Python with PyTorch, such as Debian's python3-torch. Run it within
// the module, so that it can build cellnet, or name a cellnet by a flag.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newCommand(os.Stdout, os.Stderr).ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "compare: %v\n", err)
		os.Exit(1)
	}
}
