"""Writes weights as programs leave them, to the folder of this file; files.json says of each

  "weights"  "plain" or "other", which tensors come out; null if none do
  "entry"    the entry that chooses them; null for none
  "named"    whether the file tells the architecture, index 11
  "says"     a part of the note, or of the error if there are no weights

Needs PyTorch; the files are those of 1.13 and NumPy 1.24.
"""
import argparse, collections, datetime, decimal, enum, functools, json, os, pathlib, pickle, sys, types
import numpy as np
import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
CELL = [[("nor_conv_3x3", 0)], [("nor_conv_3x3", 0), ("avg_pool_3x3", 1)], [("none", 0), ("nor_conv_3x3", 1), ("avg_pool_3x3", 2)]]
ARCH = "+".join("|" + "|".join(f"{op}~{i}" for op, i in node) + "|" for node in CELL)
OTHER = ARCH.replace("avg_pool_3x3~1", "skip_connect~1")
OD = collections.OrderedDict
table = []

# Classes of a program that the reader does not have.
module = types.ModuleType("training.parts")
sys.modules["training"], sys.modules["training.parts"] = types.ModuleType("training"), module


def known(c):
    c.__module__, c.__qualname__ = "training.parts", c.__name__
    setattr(module, c.__name__, c)
    return c


@known
class Layer(nn.Module):
    def __init__(self, cin, cout, k, stride=1):
        super().__init__()
        self.op = nn.Sequential(nn.ReLU(), nn.Conv2d(cin, cout, k, stride, k // 2, bias=False), nn.BatchNorm2d(cout))


@known
class Block(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv_a, self.conv_b = Layer(cin, cout, 3, 2), Layer(cout, cout, 3)
        self.downsample = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(cin, cout, 1, bias=False))


@known
class InCell(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.layers = nn.ModuleList(Layer(c, c, 3) if "conv" in op else nn.Identity() for node in CELL for op, _ in node)


@known
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 1, 3, padding=1, bias=False), nn.BatchNorm2d(1))
        self.cells = nn.ModuleList([InCell(1), Block(1, 2), InCell(2), Block(2, 4), InCell(4)])
        self.lastact = nn.Sequential(nn.BatchNorm2d(4), nn.ReLU())
        self.classifier = nn.Linear(4, 10)


@known
class Color(enum.Enum):
    RED = 1


@known
class Config(dict):
    pass


@known
class Text(str):
    pass


@known
class State:
    def __init__(self, v): self.v = v
    def __getstate__(self): return [self.v]
    def __setstate__(self, s): self.v = s[0]


@known
class Structure:
    def __init__(self, nodes): self.node_num, self.nodes = len(nodes) + 1, [tuple(n) for n in nodes]


Saved = known(collections.namedtuple("Saved", "epoch net"))


def network(seed):
    torch.manual_seed(seed)
    net = Net().eval()
    with torch.no_grad():
        for name, t in net.state_dict().items():
            if name.endswith("running_var"):
                t.uniform_(0.5, 1.5)
            elif name.endswith("running_mean"):
                t.normal_(0, 0.2)
    return net


plain, other = network(1), network(2)
sd, ema = plain.state_dict(), other.state_dict()


def prefixed(p, s=None): return OD((p + k, v) for k, v in (s or sd).items())


def put(name, obj, weights="plain", entry=None, named=False, says="", how="legacy"):
    path = os.path.join(HERE, name)
    if how == "legacy":
        torch.save(obj, path, _use_new_zipfile_serialization=False)
    elif how == "zip":
        torch.save(obj, path)
    elif how.startswith("legacy"):
        torch.save(obj, path, _use_new_zipfile_serialization=False, pickle_protocol=int(how[-1]))
    else:
        with open(path, "wb") as f:
            pickle.dump(obj, f, int(how[-1]))
    table.append({"file": name, "weights": weights, "entry": entry, "named": named, "says": says})


def raw(name, data, says):
    with open(os.path.join(HERE, name), "wb") as f:
        f.write(data)
    table.append({"file": name, "weights": None, "entry": None, "named": False, "says": says})


put("plain.pth", sd)
put("other.pth", ema, "other")
optimizer = torch.optim.SGD(plain.parameters(), 0.1)
beside = {
    "namespace": argparse.Namespace(device=torch.device("cuda:0"), when=datetime.datetime(2022, 1, 1)), "path": pathlib.PosixPath("a/b"),
    "counter": collections.Counter("aab"), "deque": collections.deque([1]), "default": collections.defaultdict(list, a=[1]), "complex": 1j,
    "color": Color.RED, "config": Config(a=1), "state": State(3), "decimal": decimal.Decimal("1.5"), "partial": functools.partial(print, 1),
    "random": np.random.RandomState(1), "strings": np.array(["a", "b"]), "objects": np.array([1, None], dtype=object), "dtype": torch.float16,
    "expanded": torch.ones(1).expand(9), "sparse": torch.eye(2).to_sparse(), "quantized": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
    "optimizer": optimizer, "schedule": torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 3), "error": ValueError("x"),
}
for protocol in range(1, 6):
    put(f"beside-{protocol}.pth", {"net": sd, **beside}, how=f"legacy {protocol}")
put("beside-zip.pth", {"net": sd, **beside}, how="zip")
put("module.pth", nn.DataParallel(plain))
put("module-in.pth", {"ema": State(plain), "epoch": 3})
put("module-0.pkl", plain, how="pickle 0")
put("module-5.pkl", plain, how="pickle 5")
put("place-number.pth", {777: sd})
put("place-deep.pth", {"a": [{"b": (1, {"c": sd})}]}, entry="a.0.b.1.c")
put("place-tuple.pth", Saved(3, sd))
put("place-state.pth", State(sd))
put("place-call.pth", functools.partial(print, sd))
put("place-pairs.pth", list(sd.items()))
put("place-among.pth", OD([("epoch", 3)] + list(sd.items()) + [("arch", ARCH)]), named=True, says="left aside, being no part of the network: epoch, arch")
put("place-arrays.pkl", {"net": {k: v.numpy() for k, v in sd.items()}, "t": datetime.date(2022, 1, 1)}, how="pickle 4")
put("place-two.pth", {"best": ema, "state_dict": sd}, says="other weights are in the file, too: entry best")
put("place-other.pth", {"best": ema, "state_dict": sd}, "other", "best")
put("place-same.pth", {"student": sd, "teacher": ema}, None, says="2 networks fit, choose one: entry student, entry teacher")
put("prefix-any.pth", prefixed("wrapped.in_this."))
put("prefix-slash.pth", prefixed("model/"))
put("prefix-beside.pth", OD([("n_averaged", torch.tensor(3)), *prefixed("model.module.").items(), ("criterion.weight", torch.ones(2))]),
    says="left aside, being no part of the network: n_averaged, criterion.weight")
put("prefix-none.pth", OD([*sd.items(), ("criterion.weight", torch.ones(2))]), says="left aside, being no part of the network: criterion.weight")
put("prefix-two.pth", OD([*prefixed("student.").items(), *prefixed("teacher.", ema).items()]), "other", "teacher")
put("prefix-wrong.pth", prefixed("a.body.", OD((k.replace("stem.", "root."), v) for k, v in sd.items())), None,
    says="there is no stem.0.weight, and all names begin with a.body.")
put("arch-index.pth", {"arch_index": np.int64(11), "net": sd}, named=True)
put("arch-lists.pth", {"hyper_parameters": argparse.Namespace(genotype=[[list(e) for e in n] for n in CELL]), "state_dict": prefixed("model.")}, named=True)
put("arch-structure.pth", {"model-config": OD(C=1, N=1, genotype=Structure(CELL)), "base-model": sd}, named=True)
put("arch-text.pth", {"config": {"genotype": Text(ARCH.replace("nor_", ""))}, "net": sd}, named=True)
put("arch-onehot.pth", {"arch": torch.eye(5)[[3, 3, 4, 0, 3, 4]], "net": sd}, named=True)
put("arch-args.pth", {"args": argparse.Namespace(arch=ARCH, lr=0.1), "net": sd}, named=True)
put("arch-free.pth", {"arch": "resnet18", "net": sd}, says='arch "resnet18" is no architecture')
put("arch-other.pth", {"genotype": OTHER, "net": sd}, None, says=f"the file says that the network is of {OTHER}, not of {ARCH}")
put("arch-two.pth", {"genotype": ARCH, "arch_index": 12, "net": sd}, None, says=f"the file names two architectures, genotype {ARCH} and arch_index |none~0|+")
put("arch-channels.pth", {"model-config": OD(C=16, N=1, genotype=ARCH), "net": sd}, None, says="the file says C = 16, its tensors are of a network of C = 1")
put("arch-classes.pth", {"model-config": OD(num_classes=100, genotype=ARCH), "net": sd}, None, says="the file says classes = 100, its tensors are of a network of classes = 10")
put("arch-widths.pth", {"channels": "8:8:8:8:8", "net": sd}, None, says="the file says that the network is of 8:8:8:8:8, not of ")
put("none.pth", {"a": {888: None}}, None, says="entry a.888 is None, from an archive without weights")
put("none-at-all.pth", None, None, says="it is None, from an archive without weights")
put("names-file.pth", {"last": pathlib.PosixPath("out/last.pth")}, None, says='it names another file, "out/last.pth"')
put("tensor.pth", torch.ones(2), None, says="it is a tensor")
whole = open(os.path.join(HERE, "plain.pth"), "rb").read()
raw("cut.pth", whole[: len(whole) // 2], "cut off")
raw("zeros.pth", bytes(600), "the download is not complete")
raw("page.pth", b"\xef\xbb\xbf\r\n<!-- -->\n<!doctype html><html>", "HTML page: the download failed")
raw("answer.pth", b'{"error": {"code": 403}}', "text in JSON, perhaps what a server answered")
raw("pointer.pth", b"version https://git-lfs.github.com/spec/v1\r\noid sha256:aa\r\nsize 3\r\n", "Git LFS pointer")
with open(os.path.join(HERE, "files.json"), "w") as f:
    json.dump(table, f, indent=1)
