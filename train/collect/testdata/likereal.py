"""likereal.py OURS REAL [DATASET]: both are pickles of architectures of the size
search space, or folders of them: one architecture, or a whole benchmark. What is
in OURS must have the keys of the real one, in their order and with values of
their types, in all that has the same dataset and seed. Of each recipe there must
be such a trial on every dataset of the real one, or on DATASET. Measured times may be
in a plain dict, and net_state_dict may hold weights."""
import bz2
import os
import pickle
import sys


def load(path):
    with bz2.open(path) as f:
        return pickle.load(f)


def records(path):
    """the root, without records, and the records by index"""
    if os.path.isdir(path):
        names = sorted(name for name in os.listdir(path) if not name.startswith("meta"))
        return load(f"{path}/meta.pickle.pbz2"), {int(name[:6]): load(f"{path}/{name}") for name in names}
    root = load(path)
    if "arch2infos" not in root:
        return None, {root["12"]["arch_index"]: root}
    infos, root["arch2infos"] = root["arch2infos"], None
    assert list(infos) == sorted(root["evaluated_indexes"]), root["evaluated_indexes"]
    root["evaluated_indexes"] = type(root["evaluated_indexes"])()
    return root, infos


def without_weights(trial):
    """Where there are weights, they come second, as in the published archive."""
    assert list(trial)[1 if trial["net_state_dict"] is not None else -1] == "net_state_dict", list(trial)
    return {key: value for key, value in trial.items() if key != "net_state_dict"}


def shape(value, path):
    if isinstance(value, dict):
        kind = "dict" if path.endswith("_times") else type(value).__name__
        return [(path, kind)] + [part for key, v in value.items() for part in shape(v, f"{path}/{key}")]
    if isinstance(value, (list, tuple)):
        return [(path, f"{type(value).__name__} of {len(value)}")] + [p for v in value for p in shape(v, path + "/")]
    if isinstance(value, float):  # numpy's included
        return [(path, "float")]
    if isinstance(value, str) and path.startswith(("/name", "/seed", "/eval_names", "/arch_config")):
        return [(path, value)]
    return [(path, type(value).__name__)]


own_root, ours = records(sys.argv[1])
root, real = records(sys.argv[2])
dataset = sys.argv[3] if len(sys.argv) > 3 else None
if root is not None:
    assert type(own_root) is type(root) and list(own_root) == list(root), (type(own_root), list(own_root))
    for key, value in root.items():
        assert type(own_root[key]) is type(value), (key, type(own_root[key]))
        assert own_root[key] == value, key
assert list(ours) == list(real), (list(ours), list(real))
for index, results in real.items():
    assert type(ours[index]) is type(results) and list(ours[index]) == list(results), (type(ours[index]), list(ours[index]))
    for hp, of_real in results.items():
        own, compared = ours[index][hp], set()
        assert list(own) == list(of_real), (list(own), list(of_real))
        assert own["arch_index"] == of_real["arch_index"] and own["arch_str"] == of_real["arch_str"]
        weights = any(trial["net_state_dict"] is not None for trial in own["all_results"].values())
        assert own["clear_net_done"] == (not weights), (hp, own["clear_net_done"])
        for (name, seed), trial in of_real["all_results"].items():
            if dataset not in (None, name) or (name, seed) not in own["all_results"]:
                continue
            got, want = (shape(t, "") for t in (without_weights(own["all_results"][name, seed]), without_weights(trial)))
            for g, w in zip(got, want):
                assert g == w, (index, hp, name, seed, g, w)
            assert len(got) == len(want), (index, hp, name, seed)
            compared.add(name)
        assert compared == ({dataset} if dataset else set(of_real["dataset_seed"])), (index, hp, compared)
print("like the real one")
