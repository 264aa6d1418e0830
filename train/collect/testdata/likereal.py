"""likereal.py OURS REAL: both are pickles of an architecture of the size search
space; every recipe must have the keys of the real one, in their order and with
values of their types, in all that has the same dataset and seed."""
import bz2
import pickle
import sys


def load(path):
    with bz2.open(path) as f:
        return pickle.load(f)


def shape(value, path):
    if isinstance(value, dict):
        parts = [(path, type(value).__name__)]
        inner = [part for key, v in value.items() for part in shape(v, f"{path}/{key}")]
        if path.startswith("/eval_"):  # the sets come in any order
            inner.sort()
        return parts + inner
    if isinstance(value, (list, tuple)):
        if path == "/eval_names":
            value = sorted(value)
        return [(path, f"{type(value).__name__} of {len(value)}")] + [p for v in value for p in shape(v, path + "/")]
    if isinstance(value, float):  # numpy's included
        return [(path, "float")]
    if isinstance(value, str) and path.startswith(("/name", "/seed", "/eval_names", "/arch_config")):
        return [(path, value)]
    return [(path, type(value).__name__)]


ours, real = load(sys.argv[1]), load(sys.argv[2])
assert type(ours) is type(real) and list(ours) == list(real), (type(ours), list(ours), list(real))
compared = 0
for hp, results in real.items():
    own = ours[hp]
    assert list(own) == list(results), (list(own), list(results))
    for key in ("arch_index", "arch_str"):
        assert own[key] == results[key], (key, own[key])
    for key, trial in results["all_results"].items():
        if key not in own["all_results"]:
            continue
        got, want = shape(own["all_results"][key], ""), shape(trial, "")
        for g, w in zip(got, want):
            assert g == w, (hp, key, g, w)
        assert len(got) == len(want), (hp, key)
        compared += 1
assert compared == 12, compared
print("like the real one")
