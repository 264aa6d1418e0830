"""check.py ORACLE NET PATH...: loads PATH.pth (the state dict of NET/weights.pth),
PATH-entries.pth (the same with entries) and PATH-types.pth (a tensor of every type)."""
import json, sys
from collections import OrderedDict
import torch

torch.set_num_threads(1)

sys.path.insert(0, sys.argv[1])
import refnet

with open(sys.argv[2] + "/arch.json") as f:
    arch = json.load(f)
want = torch.load(sys.argv[2] + "/weights.pth")


def check(state):
    assert type(state) is OrderedDict, type(state)
    assert list(state) == list(want)
    for name, tensor in want.items():
        got = state[name]
        assert type(got) is torch.Tensor and got.dtype == tensor.dtype and got.is_contiguous(), name
        assert got.shape == tensor.shape and torch.equal(got, tensor) and not got.requires_grad, name
    net = refnet.TinyNetwork(arch["C"], arch["N"], arch["arch"], arch["classes"])
    net.load_state_dict(state, strict=True)


for path in sys.argv[3:]:
    check(torch.load(path + ".pth"))
    check(torch.load(path + ".pth", weights_only=True))
    for mode in False, True:
        whole = torch.load(path + "-entries.pth", weights_only=mode)
        assert type(whole) is dict and list(whole) == ["arch", "seed", "history", "net_state_dict"], whole
        assert whole["arch"] == "|none~0|" and whole["seed"] == 3 and whole["history"] == [-5, None]
        check(whole["net_state_dict"])
    types = torch.load(path + "-types.pth")
    assert types["type.bfloat16"].dtype == torch.bfloat16 and types["type.bool"].dtype == torch.bool
    assert types["scalar"].shape == () and types["scalar"].item() == -5 and types["empty"].shape == (0, 4)
    for name, tensor in types.items():
        tensor.clone()
