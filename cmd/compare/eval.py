#!/usr/bin/python3
"""eval.py --weights FILE --data DIR [--layout L] [--threads T] [--batch B]:
evaluates trained weights on the 10,000 test images of CIFAR-10 with PyTorch.

FILE has {"arch", "net_state_dict"} of a network with C=16, N=5 and 10 classes;
DIR holds cifar-10-batches-py. Prints one JSON line: {"n", "loss", "top1"}.
Needs Debian's python3-torch.
"""
import argparse, json, os, pickle
import torch
from torch.nn import functional as F
from refnet import TinyNetwork

LAYOUTS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
MEAN = torch.tensor([125.3, 123.0, 113.9]).view(1, 3, 1, 1) / 255
STD = torch.tensor([63.0, 62.1, 66.7]).view(1, 3, 1, 1) / 255


def read(directory):
    with open(os.path.join(directory, "cifar-10-batches-py", "test_batch"), "rb") as f:
        batch = pickle.load(f, encoding="latin1")
    return torch.from_numpy(batch["data"]).view(-1, 3, 32, 32), torch.tensor(batch["labels"])


def evaluate(net, images, labels, batch, layout):
    loss = right = 0
    with torch.no_grad():
        for x, y in zip(images.split(batch), labels.split(batch)):
            x = x.contiguous(memory_format=layout)
            logits = net((x.float() / 255 - MEAN) / STD)[1]
            loss += F.cross_entropy(logits, y, reduction="sum").item()
            right += (logits.argmax(1) == y).sum().item()
    return {"n": len(labels), "loss": loss / len(labels), "top1": 100 * right / len(labels)}


p = argparse.ArgumentParser()
p.add_argument("--weights", required=True)
p.add_argument("--data", required=True)
p.add_argument("--layout", choices=LAYOUTS, default="channels_last")
p.add_argument("--threads", type=int, default=2)
p.add_argument("--batch", type=int, default=256)
args = p.parse_args()
torch.set_num_threads(args.threads)
layout = LAYOUTS[args.layout]
saved = torch.load(args.weights, map_location="cpu")
net = TinyNetwork(16, 5, saved["arch"], 10)
net.load_state_dict(saved["net_state_dict"])
net.eval().to(memory_format=layout)
print(json.dumps(evaluate(net, *read(args.data), args.batch, layout)))
