"""Reads files of package train with PyTorch.

check.py trial FILE ORACLE ARCH: a trial file of invented trials of ARCH
check.py full FILE NATS ORACLE LOGITS: a FULL file and a NATS-Bench file with the
    same trained trial of 12 epochs; LOGITS has an input and what it should give

ORACLE is the folder of refnet.py.
"""
import bz2, pickle, pickletools, sys, warnings, zipfile
import torch
from torch import _weights_only_unpickler as restricted

warnings.simplefilter("ignore")


def network(oracle, channels, cells, arch, classes, state):
    sys.path.insert(0, oracle)
    from refnet import TinyNetwork

    net = TinyNetwork(channels, cells, arch, classes)
    net.load_state_dict(state, strict=True)
    return net.eval()


# What the restricted unpickler of PyTorch 2 reads.
OPCODES = set(
    """GLOBAL NEWOBJ REDUCE BUILD APPEND APPENDS SETITEM SETITEMS MARK TUPLE TUPLE1 TUPLE2 TUPLE3 NONE NEWFALSE NEWTRUE
    EMPTY_TUPLE EMPTY_LIST EMPTY_DICT EMPTY_SET BININT BININT1 BININT2 BINFLOAT BINUNICODE SHORT_BINSTRING BINPERSID BINGET
    LONG_BINGET BINPUT LONG_BINPUT LONG1 PROTO STOP""".split()
)


def pickles(path):
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as z:
            yield z.read(next(n for n in z.namelist() if n.endswith("/data.pkl")))
        return
    with open(path, "rb") as f:
        for _ in range(4):  # magic number, version, machine, objects
            start = f.tell()
            for _ in pickletools.genops(f):
                pass
            end = f.tell()
            f.seek(start)
            yield f.read(end - start)


def readable(path):
    """asserts that PyTorch 2 would load a file with weights_only."""
    for data in pickles(path):
        for op, arg, _ in pickletools.genops(data):
            assert op.name in OPCODES, op.name
            assert op.name != "GLOBAL" or arg.replace(" ", ".") in restricted._get_allowed_globals(), arg


def load(path):
    """torch.load, also with weights_only."""
    try:
        torch.load(path, weights_only=True)
    except Exception as e:
        # Version 1.13 knows no float in a pickle at all.
        assert torch.__version__.startswith("1.13") and "Unsupported operand 71" in str(e), e
        readable(path)
    return torch.load(path, weights_only=False)


def trial(path, oracle, arch):
    t = load(path)
    assert t["all_dataset_keys"] == ["cifar10-valid", "cifar10", "cifar100", "ImageNet16-120"], t.keys()
    for key in t["all_dataset_keys"]:
        r = t[key]
        network(oracle, r["channel"], r["num_cells"], arch, r["config"]["class_num"], r["net_state_dict"])
        assert r["config"]["xshape"][2] in (16, 32) and type(r["config"]["LR"]) is float, r["config"]
        assert r["train_losses"][2] == 2.775 and r["valid_acc1es"]["ori-test@11"] > 11, r["valid_acc1es"]


def full(path, nats, oracle, logits):
    expected = load(logits)
    results = load(path)["less"]
    with bz2.open(nats, "rb") as f:
        both = pickle.load(f)
    other = both["arch2infos"][results["arch_index"]]["12"]
    assert list(other["all_results"]) == list(results["all_results"]), other["all_results"].keys()
    assert both["evaluated_indexes"] == {results["arch_index"]} and len(both["meta_archs"]) == 15625
    (key, record), = results["all_results"].items()
    assert other["all_results"][key]["net_state_dict"] is None
    assert other["all_results"][key]["eval_acc1es"] == record["eval_acc1es"]
    config = record["arch_config"]
    net = network(oracle, config["channel"], config["num_cells"], config["arch_str"], config["class_num"], record["net_state_dict"])
    with torch.no_grad():
        got = net(expected["input"])[1]
    off = ((got - expected["logits"]).norm() / expected["logits"].norm()).item()
    assert off < 1e-5, off


{"trial": trial, "full": full}[sys.argv[1]](*sys.argv[2:])
print("loaded")
