"""speed.py STORE [CALLS]: what queries of random architectures cost, both processes
together. Pin it to a processor by taskset -c 0."""

import os
import random
import sys
import time

start = time.time()
from nats_bench import create

DATASETS = ("cifar10-valid", "cifar10", "cifar100", "ImageNet16-120")


def seconds(pid):
    """Processor time of a process."""
    with open("/proc/{}/stat".format(pid)) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(pid):
    """Memory of a process at most."""
    with open("/proc/{}/status".format(pid)) as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM")) / 1024


def main(file, calls=100000):
    api = create(file, "tss", verbose=False)
    api.get_more_info(11, "cifar10", hp="200")
    program = api._connection._finalizer.peek()[2][2].pid
    both = (os.getpid(), program)
    print("open and one query: {:.2f} s, {:.2f} s and {:.2f} s of processor time".format(time.time() - start, *map(seconds, both)))
    random.seed(1)
    before, start_calls = [seconds(pid) for pid in both], time.time()
    for _ in range(int(calls)):
        api.get_more_info(random.randrange(len(api)), random.choice(DATASETS), hp="200")
    wall = time.time() - start_calls
    print("{} queries: {:.1f} s, {:.1f} s and {:.1f} s of processor time".format(calls, wall, *(seconds(pid) - b for pid, b in zip(both, before))))
    print("memory: {:.0f} MB and {:.0f} MB".format(*map(megabytes, both)))


if __name__ == "__main__":
    main(*sys.argv[1:])
