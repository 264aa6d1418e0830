"""pickles.py > pickles.json: small values in every protocol of Python's pickle.
pickles.py read: the texts of pickles that come in base64, one a line.

Each entry has the pickle in base64 and the text of what Python reads from it,
in the form of package pickletest, or the SHA-256 of a text above 500 bytes.
"""
import base64, collections, hashlib, json, pickle, struct, sys
import numpy as np


def text(data):
    text = dump(pickle.loads(data))
    return text if len(text) <= 500 else hashlib.sha256(text.encode()).hexdigest()


def dump(v):
    if v is None or isinstance(v, bool):
        return str(v)
    if isinstance(v, np.generic):
        return "N" + v.dtype.str + v.tobytes().hex()
    if isinstance(v, int):
        return "i%d" % v
    if isinstance(v, float):
        return "f" + struct.pack(">d", v).hex()
    if isinstance(v, str):
        return "s" + v.encode().hex()
    if isinstance(v, bytearray):
        return "a" + v.hex()
    if isinstance(v, bytes):
        return "b" + v.hex()
    if isinstance(v, (tuple, list)):
        return ("(" if isinstance(v, tuple) else "[") + "".join(dump(x) + "," for x in v) + "]"
    if isinstance(v, dict):
        text = "".join(dump(k) + ":" + dump(x) + "," for k, x in v.items()) + "}"
        text = ("O{" if isinstance(v, collections.OrderedDict) else "{") + text
        return text + ("@" + dump(v.__dict__) if getattr(v, "__dict__", None) else "")
    if isinstance(v, (set, frozenset)):
        return ("F{" if isinstance(v, frozenset) else "S{") + ",".join(sorted(map(dump, v))) + "}"
    if isinstance(v, np.ndarray):
        return "A%s%s%s" % (v.dtype.str, list(v.shape), v.tobytes("A").hex())
    raise TypeError(type(v))


if sys.argv[1:] == ["read"]:
    for line in sys.stdin:
        print(text(base64.b64decode(line)))
    sys.exit()

shared = [1]
odict = collections.OrderedDict([("a", 1), (b"b", 2), (("c", 3), 0), (4, 4)])
odict._metadata = {"": 1}
VALUES = {
    "none": None,
    "bools": (True, False),
    "ints": [0, 255, 256, 65535, 65536, -1, 2**31 - 1, -(2**31), 2**40, -(2**63), 2**63, -(2**70), 2**2000],
    "floats": [0.5, -1e300, 1e-320, float("inf"), float("nan"), -0.0],
    "text": "\u00e9\n\\'\"\u20ac\U0001f600\\u0041\r\0",
    "bytes": [b"", b"\x00a\xff", bytes(range(256)) * 16],
    "bytearrays": [bytearray(), bytearray(b"abc")],
    "long text": "0123456789abcdef" * 256,
    "tuples": ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
    "dict": {"a": 1, "b": {}, 2: [], ("x", 3): None, b"y": 0.5, None: 1, 1.5: 2},
    "large dict": {**{i: str(i) for i in range(300)}, **{("k", i): i for i in range(20)}},
    "large list": list(range(1001)),
    "shared": [shared, shared, {"k": shared}],
    "sets": [set(), {7, "a"}, frozenset(), frozenset([7, (1, "x")])],
    "ordered": odict,
    "numpy": [np.float64(0.1), np.float32(-2), np.int64(-5), np.uint8(255), np.bool_(True), np.int16(-300)],
    "arrays": [np.arange(6, dtype=np.int32).reshape(2, 3), np.asfortranarray(np.ones((2, 3), "f8")), np.zeros((0, 4), "u1"), np.float64(2.5).reshape(())],
}
out = []
for name, value in VALUES.items():
    for protocol in range(6):
        data = pickle.dumps(value, protocol)
        out.append({"name": name, "protocol": protocol, "pickle": base64.b64encode(data).decode(), "want": text(data)})
json.dump(out, sys.stdout, indent=0)
