#!/usr/bin/python3
"""searchsteps.py ALGORITHM --layout L [--threads T] [--batch B] [--seconds S]:
the time of a step of a search by a supernet (C=16, N=5, 10 classes, 32x32).

A step is that of the published program: on one batch the weights' gradient and SGD,
on another that of the architecture's parameters and Adam, or a measurement without
gradient. Prints one JSON line: {"step_s", "step_cpu_s"}: the fastest of the steps that fit
in S seconds, and what processors worked for one on average. Needs Debian's
python3-torch.
"""
import argparse, json, random, time
import torch
from torch import nn
from torch.nn import functional as F
from refnet import OPS, Pool, Reduction, Zero

LAYOUTS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
EDGES = [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)]  # (to, from)


def operation(name, c):
    if name.startswith("nor_conv"):
        k = int(name[-1])
        return nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(c, c, k, padding=k // 2),
            nn.BatchNorm2d(c, affine=False, track_running_stats=False),
        )
    return dict(none=Zero, skip_connect=nn.Identity, avg_pool_3x3=Pool)[name]()


class MixedCell(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.edges = nn.ModuleList(nn.ModuleList(operation(o, c) for o in OPS) for _ in EDGES)

    def forward(self, x, edge):
        nodes = [x, 0, 0, 0]
        for k, (to, fro) in enumerate(EDGES):
            nodes[to] = nodes[to] + edge(k, self.edges[k], nodes[fro])
        return nodes[3]


class Supernet(nn.Module):
    def __init__(self, c, n, classes):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, c, 3, padding=1, bias=False), nn.BatchNorm2d(c))
        self.cells = nn.ModuleList()
        for stage in range(3):
            if stage:
                self.cells.append(Reduction(c << (stage - 1), c << stage))
            self.cells.extend(MixedCell(c << stage) for _ in range(n))
        self.lastact = nn.Sequential(nn.BatchNorm2d(4 * c, affine=False, track_running_stats=False), nn.ReLU())
        self.classifier = nn.Linear(4 * c, classes)
        self.arch = nn.Parameter(1e-3 * torch.randn(len(EDGES), len(OPS)))

    def forward(self, x, plan):
        x, number, edge = self.stem(x), 0, plan(self)
        for cell in self.cells:
            if isinstance(cell, MixedCell):
                x = cell(x, lambda *a, number=number: edge(number, *a))
                number += 1
            else:
                x = cell(x)
        return self.classifier(self.lastact(x).mean((2, 3)))


def joint(net):
    w = F.softmax(net.arch, -1)
    return lambda cell, k, ops, x: sum(op(x) * w[k, o] for o, op in enumerate(ops))


def sampled(tau):
    def plan(net):
        noise = -torch.empty(len(EDGES), len(OPS)).exponential_().log()
        p = F.softmax((F.log_softmax(net.arch, 1) + noise) / tau, 1)
        index = p.argmax(1)
        w = F.one_hot(index, len(OPS)) - p.detach() + p

        def edge(cell, k, ops, x):
            i = index[k].item()
            return w[k, i] * ops[i](x) + (w[k].sum() - w[k, i])

        return edge

    return plan


def any_cell(net):
    arch = [random.randrange(len(OPS)) for _ in EDGES]
    return lambda cell, k, ops, x: ops[arch[k]](x)


def connected():
    arch = []
    for node in (1, 2, 3):
        ops = [0]
        while not any(ops):
            ops = [random.randrange(len(OPS)) for _ in range(node)]
        arch += ops
    return arch


def any_cells(net):
    archs = [connected() for cell in net.cells if isinstance(cell, MixedCell)]
    return lambda cell, k, ops, x: ops[archs[cell][k]](x)


# What the halves combine operations by; None: the second one is without gradient.
ALGORITHMS = {
    "darts-v1": (joint, joint),
    "gdas": (sampled(5.0), sampled(5.0)),
    "setn": (any_cell, joint),
    "rsps": (any_cells, None),
}

p = argparse.ArgumentParser()
p.add_argument("algorithm", choices=ALGORITHMS)
p.add_argument("--layout", choices=LAYOUTS, default="channels_last")
p.add_argument("--threads", type=int, default=2)
p.add_argument("--batch", type=int, default=64)
p.add_argument("--seconds", type=float, default=6)
args = p.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(777)
random.seed(777)
layout = LAYOUTS[args.layout]
net = Supernet(16, 5, 10).to(memory_format=layout).train()
weights = [w for k, w in net.named_parameters() if k != "arch"]
sgd = torch.optim.SGD(weights, 0.025, momentum=0.9, weight_decay=5e-4, nesterov=True)
adam = torch.optim.Adam([net.arch], 3e-4, betas=(0.5, 0.999), weight_decay=1e-3)
x = torch.randn(args.batch, 3, 32, 32).contiguous(memory_format=layout)
y = torch.randint(10, (args.batch,))
first, second = ALGORITHMS[args.algorithm]


def step():
    sgd.zero_grad(set_to_none=False)
    F.cross_entropy(net(x, first), y).backward()
    sgd.step()
    adam.zero_grad(set_to_none=False)
    if second is None:
        with torch.no_grad():
            F.cross_entropy(net(x, any_cells), y)
    else:
        F.cross_entropy(net(x, second), y).backward()
        adam.step()


step()
fastest, count, worked = float("inf"), 0, time.process_time()
end = time.perf_counter() + args.seconds
while count == 0 or time.perf_counter() < end:
    start = time.perf_counter()
    step()
    fastest, count = min(fastest, time.perf_counter() - start), count + 1
print(json.dumps({"step_s": fastest, "step_cpu_s": (time.process_time() - worked) / count}))
