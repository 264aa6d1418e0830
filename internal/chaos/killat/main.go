//go:build linux && (amd64 || arm64)

// Command killat runs a program and sends it a signal when it is about to make a
// system call that changes files, or counts these calls.
//
//	killat KILL renameat 2 PROGRAM ARG...
//	killat count FILE PROGRAM ARG...
//
// Calls are counted over all threads. killat ends as the program did.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// calls are those that can be named.
var calls = map[string]uint64{
	"openat": unix.SYS_OPENAT, "write": unix.SYS_WRITE, "pwrite64": unix.SYS_PWRITE64, "ftruncate": unix.SYS_FTRUNCATE,
	"fchmod": unix.SYS_FCHMOD, "flock": unix.SYS_FLOCK, "fsync": unix.SYS_FSYNC, "close": unix.SYS_CLOSE,
	"renameat": unix.SYS_RENAMEAT, "unlinkat": unix.SYS_UNLINKAT, "mkdirat": unix.SYS_MKDIRAT,
}

func main() {
	status, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "killat:", err)
		os.Exit(2)
	}
	if status.Signaled() {
		_ = syscall.Kill(os.Getpid(), status.Signal())
	}
	os.Exit(status.ExitStatus())
}

func run(args []string) (syscall.WaitStatus, error) {
	wrong := errors.New("want count FILE, or a signal, a system call and its number; then a program with its arguments")
	if len(args) > 2 && args[0] == "count" {
		counts := map[string]int{}
		status, err := trace(args[2:], func(call uint64) syscall.Signal {
			for name, number := range calls {
				if number == call {
					counts[name]++
				}
			}
			return 0
		})
		if err != nil {
			return status, err
		}
		text, err := json.Marshal(counts)
		if err != nil {
			return status, err
		}
		return status, os.WriteFile(args[1], text, 0o666)
	}
	if len(args) < 4 {
		return 0, wrong
	}
	signal := unix.SignalNum("SIG" + args[0])
	wanted, known := calls[args[1]]
	left, err := strconv.Atoi(args[2])
	if signal == 0 || !known || err != nil {
		return 0, wrong
	}
	return trace(args[3:], func(call uint64) syscall.Signal {
		if call == wanted {
			if left--; left == 0 {
				return signal
			}
		}
		return 0
	})
}

// trace runs a program. Before every system call it asks for a signal to send, 0 for
// none.
func trace(args []string, before func(call uint64) syscall.Signal) (status syscall.WaitStatus, err error) {
	runtime.LockOSThread() // the kernel knows the thread that traces
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return status, err
	}
	process := cmd.Process.Pid
	if _, err := syscall.Wait4(process, &status, 0, nil); err != nil { // it stops where it begins
		return status, err
	}
	const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_EXITKILL
	if err := unix.PtraceSetOptions(process, options); err != nil {
		return status, err
	}
	var known []int // threads that were seen
	for thread := process; ; {
		deliver, send := 0, syscall.Signal(0)
		switch stop := status.StopSignal(); {
		case stop == syscall.SIGTRAP|0x80:
			if call, entered, err := callOf(thread); err == nil && entered {
				send = before(call)
			}
		case stop == syscall.SIGTRAP:
		case stop == syscall.SIGSTOP && !slices.Contains(known, thread): // a new one
		default:
			deliver = int(stop)
		}
		if !slices.Contains(known, thread) {
			known = append(known, thread)
		}
		if send != 0 {
			if err := syscall.Kill(process, send); err != nil {
				return status, err
			}
		}
		// A thread that was killed in between can't go on.
		if err := unix.PtraceSyscall(thread, deliver); err != nil && !errors.Is(err, unix.ESRCH) {
			return status, err
		}
		for {
			thread, err = syscall.Wait4(-1, &status, unix.WALL, nil)
			if errors.Is(err, syscall.EINTR) {
				continue
			}
			if err != nil {
				return status, err
			}
			if !status.Exited() && !status.Signaled() {
				break
			}
			if thread == process {
				return status, nil
			}
		}
	}
}

// callInfo is the kernel's struct ptrace_syscall_info.
type callInfo struct {
	op      uint8
	_       [3]uint8
	_       uint32
	_, _    uint64
	number  uint64
	_       [6]uint64
	_       uint32
	_       uint32
	_, _, _ uint64
}

// callOf tells the system call that a thread is about to make.
func callOf(thread int) (number uint64, entered bool, err error) {
	const getSyscallInfo, atEntry = 0x420e, 1
	var info callInfo
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, getSyscallInfo, uintptr(thread), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 {
		return 0, false, errno
	}
	return info.number, info.op == atEntry, nil
}
