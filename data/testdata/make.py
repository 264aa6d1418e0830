#!/usr/bin/python3
"""Writes the pickles beside this script: three images of CIFAR-10's layout as
Python 2 writes them and as Python 3 does in protocols 2 to 5, one of them in Fortran
order. Value j of image i is (31*i + 7*j) % 256, label i is 3*i. The tiny-*.pickle are
the same with images of 2x2 pixels, and labels from 1: what fuzzing begins with.
Needs NumPy."""
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


def batch(key, order="C", values=3072, first=0):
    i, j = np.ogrid[:3, :values]
    return {
        key("batch_label"): key("training batch 1 of 5"),
        key("labels"): [first, first + 3, first + 6],
        key("data"): np.array((31 * i + 7 * j) % 256, dtype=np.uint8, order=order),
        key("filenames"): [key("%d.png" % k) for k in range(3)],
    }


def python2(name, content):
    with open(os.path.join(here, name + ".pickle"), "wb") as f:
        Python2Pickler(f, protocol=2).dump(content)


def python3(name, content, protocol):
    with open(os.path.join(here, name + ".pickle"), "wb") as f:
        pickle.dump(content, f, protocol)


python2("cifar10-python2", batch(str.encode))
python2("tiny-python2", batch(str.encode, values=12, first=1))
for protocol in (2, 3, 4, 5):
    python3("cifar10-python3-protocol%d" % protocol, batch(str), protocol)
    python3("tiny-python3-protocol%d" % protocol, batch(str, values=12, first=1), protocol)
python3("cifar10-fortran", batch(str, "F"), 4)
python3("tiny-fortran", batch(str, "F", 12, 1), 4)
