#!/usr/bin/python3
"""Writes the pickles beside this script: three images of CIFAR-10's layout as
Python 2 writes them and as Python 3 does in protocols 2 to 5, one of them in Fortran
order. Value j of image i is (31*i + 7*j) % 256, label i is 3*i. Needs NumPy."""
import os, pickle, struct
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))


class Python2Pickler(pickle._Pickler):
    """Writes bytes as Python 2's strings."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_bytes(self, b):
        if len(b) < 256:
            self.write(pickle.SHORT_BINSTRING + bytes([len(b)]) + b)
        else:
            self.write(pickle.BINSTRING + struct.pack("<i", len(b)) + b)
        self.memoize(b)

    dispatch[bytes] = save_bytes


def batch(key, order="C"):
    i, j = np.ogrid[:3, :3072]
    return {
        key("batch_label"): key("training batch 1 of 5"),
        key("labels"): [0, 3, 6],
        key("data"): np.array((31 * i + 7 * j) % 256, dtype=np.uint8, order=order),
        key("filenames"): [key("%d.png" % k) for k in range(3)],
    }


def path(name):
    return os.path.join(here, "cifar10-%s.pickle" % name)


with open(path("python2"), "wb") as f:
    Python2Pickler(f, protocol=2).dump(batch(str.encode))
for protocol in (2, 3, 4, 5):
    with open(path("python3-protocol%d" % protocol), "wb") as f:
        pickle.dump(batch(str), f, protocol)
with open(path("fortran"), "wb") as f:
    pickle.dump(batch(str, "F"), f, 4)
