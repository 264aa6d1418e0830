"""Scores on CIFAR-10 in double precision of the architectures whose recorded ones, in
float32, are further from these than the tolerance: rounding turns ReLUs there, and
PyTorch's runs in its two memory formats differ by as much.

    python3 double.py ORACLE DIR 1440 3996 6189 7847 12565 13591 > cifar10-double.json

ORACLE is the folder of the reference program proxies.py, DIR holds cifar-10-batches-py.
"""
import json
import sys

import torch

sys.path.insert(0, sys.argv[1])
import proxies

torch.set_num_threads(1)
archs, (x, y) = proxies.space(), proxies.cifar(sys.argv[2], 64)
rows = {}
for i in sys.argv[3:]:
    fresh = lambda: proxies.build(archs[int(i)], 16, 5, 10, int(i)).double()
    scores = {k: v[0] for k, v in proxies.first_order(fresh(), x.double(), y)[0].items() if k != "plain"}
    scores["epe_nas"] = proxies.epe_nas(proxies.jacobian(fresh(), x.double()), y.tolist(), 10)
    net, images, signs = proxies.az_recipe((archs[int(i)], 16, 5, 10), 64, 32, int(i))
    scores.update((k, v[0]) for k, v in proxies.az_nas(net.double(), images.double(), signs).items())
    rows[i] = {k: proxies.jsonable(float(f"{v:.8g}")) for k, v in scores.items()}
    print(i, rows[i], file=sys.stderr, flush=True)
json.dump(rows, sys.stdout, separators=(",", ":"))
