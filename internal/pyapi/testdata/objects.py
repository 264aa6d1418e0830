"""What the recorded calls do not make: changes of objects, copies, forks, threads,
defaults, interruptions. Prints nothing."""

import collections.abc
import contextlib
import copy
import inspect
import io
import os
import pickle
import random
import signal
import sys
import threading
import time

import nas_201_api
import nats_bench
from nats_bench import create

folder, file = sys.argv[1:3]


def raises(error, f, *args, **kwargs):
    try:
        f(*args, **kwargs)
    except error as e:
        assert type(e) is error, e
        return
    raise AssertionError("no {}".format(error))


api = create(folder, "tss", fast_mode=True, verbose=False)
assert str(inspect.signature(api.get_more_info)) == "(index, dataset, iepoch=None, hp='12', is_random=True)"
assert str(inspect.signature(api.find_best)) == "(dataset, metric_on_set, flop_max=None, param_max=None, hp='12', enforce_all=None)"
assert str(inspect.signature(nas_201_api.NASBench201API.simulate_train_eval)) == "(self, arch, dataset, hp='12', account_time=True)"
assert list(api)[:2] == [api[0], api.arch(1)] and api[-1] == api[15624] and api[1:3] == [api[1], api[2]]
assert 0 <= api.random() < len(api) == 15625

# Random draws are those of the program's own generator.
seeds = api.query_by_index(11, "cifar10", "200").keys()
random.seed(5)
drawn = [api.get_more_info(11, "cifar10", hp="200")["test-accuracy"] for _ in range(8)]
random.seed(5)
chosen = [api.get_more_info(11, "cifar10", hp="200", is_random=random.choice(list(seeds)))["test-accuracy"] for _ in range(8)]
assert drawn == chosen

# A changed object changes no other.
results = api.query_meta_info_by_index(11, "200")
before = results.get_latency("cifar10")
trial = results.query("cifar10", 777)
results.reset_latency("cifar10", None, 2.0)
assert results.get_latency("cifar10") == 2.0 == trial.get_latency() and trial.latency == [2.0]
other = copy.deepcopy(results)
other.reset_pseudo_train_times("cifar10", 777, 3.0)
assert other.query("cifar10", 777).get_train(1)["all_time"] == 6.0 != results.query("cifar10", 777).get_train(1)["all_time"]
other.reset_pseudo_eval_times("cifar10", None, "ori-test", 1.0)
assert other.get_compute_costs("cifar10")["T-ori-test@total"] == 200.0
raises(ValueError, other.reset_pseudo_eval_times, "cifar10", None, "x-test", 1.0)
raises(KeyError, other.reset_latency, "svhn", None, 1.0)
assert api.query_meta_info_by_index(11, "200").get_latency("cifar10") == before == api.get_latency(11, "cifar10", "200")
assert trial.seed == "0777" and trial.arch_config["channel"] == 16 and trial.train_acc1es[199] == trial.get_train()["accuracy"]
assert trial.get_config(len)["genotype"] == len(trial.arch_config["arch_str"])
assert set(results.state_dict()) == {"arch_index", "arch_str", "all_results", "dataset_seed", "clear_net_done"}
assert isinstance(api.arch2infos_dict, collections.abc.Mapping) and 11 in api.arch2infos_dict and 12 not in api.arch2infos_dict

# Copies, pickles and forks have processes of their own; threads share one.
for twin in (copy.deepcopy(api), pickle.loads(pickle.dumps(api))):
    assert twin.get_latency(0, "cifar10") == api.get_latency(0, "cifar10")
if hasattr(os, "fork"):
    pid = os.fork()
    if pid == 0:
        os._exit(0 if api.get_latency(11, "cifar10", "200") == before else 1)
    assert os.waitpid(pid, 0)[1] == 0
wrong = []


def ask(index):
    want = copy.deepcopy(api).get_cost_info(index, "cifar100")
    wrong.extend(i for i in range(50) if api.get_cost_info(index, "cifar100") != want)


threads = [threading.Thread(target=ask, args=(i,)) for i in (0, 11, 284)]
[t.start() for t in threads]
[t.join() for t in threads]
assert not wrong

# An interrupted call leaves no answer behind for the next.
if hasattr(signal, "setitimer"):

    def interrupt(*_):
        raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, interrupt)
    for wait in (0.0005, 0.002, 0.01):
        with contextlib.suppress(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, wait)
            for _ in range(10000):
                api.get_cost_info(11, "cifar10", "200")
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert api.get_latency(11, "cifar10", "200") == before

# Other places of files.
raises(ValueError, create, folder, "tss", fast_mode=False, verbose=False)
raises(ValueError, create, file, "tss", fast_mode=True, verbose=False)
raises(ValueError, create, "nothing", "tss", verbose=False)
raises(ValueError, create, file, "sss", verbose=False)
raises(ValueError, create, 7, "tss", verbose=False)
raises(ValueError, create, file, "other")
raises(AssertionError, nas_201_api.NASBench201API, "nothing", verbose=False)
for fast in (False, True):
    built_in = create("builtin", "tss", fast_mode=fast, verbose=False)
    assert built_in.fast_mode == fast and len(built_in) == 15625
    index, accuracy = built_in.find_best("cifar10", "test", hp="200")
    assert 94 < accuracy < 95, accuracy
    assert len(built_in.evaluated_indexes) in ((0,) if fast else (15625,)) or index in built_in.evaluated_indexes
old = nas_201_api.NASBench201API("builtin", verbose=False)
assert old.get_more_info(0, "cifar10", hp="200", is_random=False)["test-accuracy"] == built_in.get_more_info(0, "cifar10", hp="200", is_random=False)["test-accuracy"]

os.environ["TORCH_HOME"] = os.path.dirname(folder)
out = io.StringIO()
with contextlib.redirect_stdout(out):
    assert create(None, "tss", fast_mode=True, verbose=True).get_latency(0, "cifar10") == api.get_latency(0, "cifar10")
assert os.path.basename(folder) in out.getvalue() and "Call get_latency" in out.getvalue()

out = io.StringIO()
with contextlib.redirect_stdout(out):
    raises(AssertionError, nas_201_api.NASBench201API, None, verbose=False)
    del os.environ["TORCH_HOME"]
    raises(KeyError, nas_201_api.NASBench201API, None, verbose=False)
    os.environ["HOME"] = "/nowhere"
    raises(ValueError, create, None, "tss", verbose=False)
assert "NAS-Bench-201-v1_1-096897.pth" in out.getvalue() and "/nowhere/.torch/NATS-tss-v1_0-3ffb9.pickle.pbz2" in out.getvalue()

# A dict that was loaded already. The files hold numbers of numpy's.
try:
    import numpy
except ImportError:
    numpy = None
if numpy is not None:
    loaded = create(nats_bench.pickle_load(file), "tss", verbose=False)
    named = create(file, "tss", verbose=False)
    for index in named.evaluated_indexes:
        assert loaded.get_more_info(index, "cifar10-valid", hp="12", is_random=111 if index != 10170 else 777) == named.get_more_info(
            index, "cifar10-valid", hp="12", is_random=111 if index != 10170 else 777
        )
    assert type(api.str2matrix(api[0])) is numpy.ndarray and api.get_cost_info(numpy.int64(11), "cifar10") == api.get_cost_info(11, "cifar10")

# The process ends with the object.
process = api._connection._finalizer.peek()[2][2]
del api, results, trial, other, twin, seeds
import gc

gc.collect()
assert process.poll() is not None, "the process outlives its object"
