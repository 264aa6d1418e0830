"""dump.py FILE...: one line per file, the SHA-256 of the tree that Python reads.

The text that is hashed names every value's type and spells out its bits; the
Go tests make the same text of the tree that they read.
"""
import bz2, collections, hashlib, pickle, struct, sys, zipfile
import numpy as np
import torch

torch.set_num_threads(1)


def dump(v, out):
    if v is None or isinstance(v, bool):
        out.append(str(v))
    elif isinstance(v, np.generic):
        out.append("N" + v.dtype.str + v.tobytes().hex())
    elif isinstance(v, int):
        out.append("i%d" % v)
    elif isinstance(v, float):
        out.append("f" + struct.pack(">d", v).hex())
    elif isinstance(v, str):
        out.append("s" + v.encode("latin1" if PYTHON2 else "utf-8").hex())
    elif isinstance(v, bytearray):
        out.append("a" + v.hex())
    elif isinstance(v, bytes):
        out.append("b" + v.hex())
    elif isinstance(v, (tuple, list)):
        out.append("(" if isinstance(v, tuple) else "[")
        for x in v:
            dump(x, out)
            out.append(",")
        out.append("]")
    elif isinstance(v, dict):
        out.append("O{" if isinstance(v, collections.OrderedDict) else "{")
        for k, x in v.items():
            dump(k, out)
            out.append(":")
            dump(x, out)
            out.append(",")
        out.append("}")
        if getattr(v, "__dict__", None):
            out.append("@")
            dump(v.__dict__, out)
    elif isinstance(v, (set, frozenset)):
        out.append("F{" if isinstance(v, frozenset) else "S{")
        items = []
        for x in v:
            item = []
            dump(x, item)
            items.append("".join(item))
        out.append(",".join(sorted(items)) + "}")
    elif isinstance(v, np.ndarray):
        out.append("A%s%s%s" % (v.dtype.str, list(v.shape), v.tobytes().hex()))
    elif isinstance(v, torch.Tensor):
        kind = "P" if isinstance(v, torch.nn.Parameter) else "T"
        data = v.detach().contiguous()
        out.append("%s%s%s%s" % (kind, data.dtype, list(data.shape), data.numpy().tobytes().hex()))
    else:
        raise TypeError(type(v))


for path in sys.argv[1:]:
    PYTHON2 = False
    if path.endswith(".pth"):
        tree = torch.load(path, map_location="cpu")
    elif path.endswith(".pbz2"):
        tree = pickle.load(bz2.BZ2File(path))
    else:
        data = open(path, "rb").read()
        PYTHON2 = b"U\x04data" in data or b"label_names" in data and b"U" in data
        tree = pickle.loads(data, encoding="latin1")
    out = []
    dump(tree, out)
    print(hashlib.sha256("".join(out).encode()).hexdigest(), flush=True)
