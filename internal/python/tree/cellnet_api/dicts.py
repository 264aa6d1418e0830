"""Benchmarks that were loaded already, as dicts of their files."""

import atexit
import bz2
import collections
import os
import pickle
import shutil
import tempfile

KEYS = ("meta_archs", "arch2infos", "evaluated_indexes")


def nats_file(content):
    """Write a dict as a file of NATS-Bench's, and return its path."""
    for key in KEYS:
        if key not in content:
            raise ValueError("no key {} in the dict".format(key))
    return _write(content)


def nas201_file(content):
    """Write a dict of NAS-Bench-201's file as one of NATS-Bench's, without trained
    weights, and return its path."""
    for key in KEYS:
        assert key in content, "no key {} in the dict".format(key)
    infos = {}
    for index, of in content["arch2infos"].items():
        infos[index] = collections.OrderedDict([("12", _without_weights(of["less"])), ("200", _without_weights(of["full"]))])
    return _write(dict({key: content[key] for key in KEYS}, arch2infos=infos, evaluated_indexes=set(content["evaluated_indexes"])))


def _without_weights(results):
    trials = {key: dict(trial, net_state_dict=None) for key, trial in results["all_results"].items()}
    return dict(results, all_results=trials)


def _write(content):
    folder = tempfile.mkdtemp(prefix="cellnet-")
    atexit.register(shutil.rmtree, folder, True)
    path = os.path.join(folder, "dict.pickle.pbz2")
    with bz2.open(path, "wb", compresslevel=1) as f:
        pickle.dump(content, f, protocol=4)
    return path
