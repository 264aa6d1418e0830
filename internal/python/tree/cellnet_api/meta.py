"""What the objects of both packages can do."""

import copy
import os
import random

from .connection import Connection, is_address
from .results import ArchResults, Records, ResultsCount, config, net_param
from .structure import split
from .tensors import numpy_or_none

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")

# What stands for the results inside of cellnet.
BUILTIN = "builtin"


def torch_home(fallback):
    """The folder where the published programs look for their files."""
    home = os.environ.get("TORCH_HOME")
    if home is None and fallback and "HOME" in os.environ:
        home = os.path.join(os.environ["HOME"], ".torch")
    if home is None:
        raise (ValueError if fallback else KeyError)("TORCH_HOME")
    return home


def is_cellnet_only(path):
    """Whether a file is one that the published programs do not know: a store, a
    server or what is inside of cellnet."""
    if path == BUILTIN or is_address(path):
        return True
    try:
        with open(path, "rb") as f:
            return f.read(4) == b"PAR1"
    except OSError:
        return False


class NASBenchMetaAPI:
    """A benchmark that cellnet answers for."""

    def _connect(self, program, space, path, fast_mode):
        self._connection = Connection(path, program=program, space=space, fast_mode=fast_mode)
        self._archs = None
        self._archs_index = None

    @property
    def meta_archs(self):
        if self._archs is None:
            self._archs = self._connection.call("meta_archs")
        return self._archs

    @property
    def archstr2index(self):
        if self._archs_index is None:
            self._archs_index = {arch: i for i, arch in enumerate(self.meta_archs)}
        return self._archs_index

    @property
    def arch2infos_dict(self):
        return Records(self._connection)

    @property
    def avaliable_hps(self):
        return self._connection.call("avaliable_hps")

    @property
    def used_time(self):
        return self._used_time

    def reset_time(self):
        self._used_time = 0

    def _say(self, name, **args):
        if self.verbose:
            print("Call {}({})".format(name, ", ".join("{}={!r}".format(k, v) for k, v in args.items())))

    def __getitem__(self, index):
        return copy.copy(self.meta_archs[index])

    def __len__(self):
        return self._connection.opened["length"]

    def random(self):
        return random.randint(0, len(self) - 1)

    def arch(self, index):
        self._say("arch", index=index)
        if not 0 <= index < len(self):
            raise self._range_error("architecture {}, want 0 to {}".format(index, len(self) - 1))
        return self.meta_archs[index]

    def _place(self, arch):
        """An architecture as cellnet takes it: a number or a string, or -1."""
        if isinstance(arch, int):
            return int(arch)
        if isinstance(arch, str):
            return arch
        if hasattr(arch, "tostr"):
            return arch.tostr()
        return -1

    def query_index_by_arch(self, arch):
        self._say("query_index_by_arch", arch=arch)
        if isinstance(arch, int):
            if not 0 <= arch < len(self):
                raise ValueError("architecture {}, want 0 to {}".format(arch, len(self) - 1))
            return arch
        place = self._place(arch)
        if place == -1:
            return -1
        if self._archs_index is not None:
            return self._archs_index.get(place, -1)
        return self._connection.call("query_index_by_arch", index=place)

    def query_by_arch(self, arch, hp):
        return self.query_info_str_by_arch(arch, hp)

    def query_info_str_by_arch(self, arch, hp="12"):
        self._say("query_info_str_by_arch", arch=arch, hp=hp)
        return self._connection.call("query_info_str_by_arch", index=self._place(arch), hp=hp)

    def query_meta_info_by_index(self, arch_index, hp="12"):
        self._say("query_meta_info_by_index", arch_index=arch_index, hp=hp)
        self._connection.call("query_meta_info_by_index", index=arch_index, hp=hp)
        return ArchResults(self._connection, arch_index, str(hp))

    def query_by_index(self, arch_index, dataname=None, hp="12"):
        self._say("query_by_index", arch_index=arch_index, dataname=dataname, hp=hp)
        seeds = self._connection.call("query_by_index", index=arch_index, dataset=dataname, hp=hp)
        results = ArchResults(self._connection, arch_index, str(hp))
        if dataname is None:
            return results
        return {seed: ResultsCount(results, dataname, seed) for seed in seeds}

    def get_more_info(self, index, dataset, iepoch=None, hp="12", is_random=True):
        if self.verbose:
            self._say("get_more_info", index=index, dataset=dataset, iepoch=iepoch, hp=hp, is_random=is_random)
        return self._connection.call("get_more_info", index=self._place(index), dataset=dataset, iepoch=iepoch, hp=hp, is_random=is_random)

    def get_net_param(self, index, dataset, seed, hp="12"):
        self._say("get_net_param", index=index, dataset=dataset, seed=seed, hp=hp)
        return net_param(self._connection.call("get_net_param", index=index, dataset=dataset, seed=seed, hp=hp), seed)

    def get_net_config(self, index, dataset):
        self._say("get_net_config", index=index, dataset=dataset)
        return config(self._connection.call("get_net_config", index=index, dataset=dataset), None)

    def get_cost_info(self, index, dataset, hp="12"):
        self._say("get_cost_info", index=index, dataset=dataset, hp=hp)
        return self._connection.call("get_cost_info", index=index, dataset=dataset, hp=hp)

    def get_latency(self, index, dataset, hp="12"):
        self._say("get_latency", index=index, dataset=dataset, hp=hp)
        return self._connection.call("get_latency", index=index, dataset=dataset, hp=hp)

    def _simulate(self, arch, dataset, iepoch, hp, account_time):
        accuracy, latency, seconds = self._connection.call("simulate_train_eval", index=self._place(arch), dataset=dataset, iepoch=iepoch, hp=hp)
        if account_time:
            self._used_time += seconds
        return accuracy, latency, seconds, self._used_time

    def _find_best(self, dataset, metric_on_set, most_flops, most_params, hp, enforce_all):
        self._say("find_best", dataset=dataset, metric_on_set=metric_on_set, flops=most_flops, params=most_params, hp=hp)
        found = self._connection.call(
            "find_best", dataset=dataset, setname=metric_on_set, flop_max=most_flops, param_max=most_params, hp=hp, enforce_all=enforce_all
        )
        return tuple(found)

    def show(self, index=-1):
        self._connection.call("show", index=index)

    def statistics(self, dataset, hp):
        self._say("statistics", dataset=dataset, hp=hp)
        return dict(map(tuple, self._connection.call("statistics", dataset=dataset, hp=hp)))

    def clear_params(self, index, hp=None):
        self._say("clear_params", index=index, hp=hp)
        self._connection.call("clear_params", **_given(index=index, hp=hp))

    def _reload(self, archive_root, index):
        self._say("reload", archive_root=archive_root, index=index)
        self._connection.call("reload", **_given(archive_root=os.path.abspath(archive_root), index=index))

    @staticmethod
    def str2lists(arch_str):
        """The nodes of an arch string: a tuple of pairs of operation and input each."""
        return split(arch_str)

    @staticmethod
    def str2matrix(arch_str, search_space=OPERATIONS):
        """The matrix of an arch string: in row j and column i the number of the
        operation on the edge from node i to node j. It is an array if numpy is there,
        else a list of lists."""
        nodes = split(arch_str)
        size = len(nodes) + 1
        matrix = [[0.0] * size for _ in range(size)]
        for j, node in enumerate(nodes):
            for op, i in node:
                if op not in search_space:
                    raise ValueError("operation {} is not one of {}".format(op, search_space))
                matrix[j + 1][i] = float(list(search_space).index(op))
        numpy = numpy_or_none()
        return matrix if numpy is None else numpy.array(matrix)


def _given(**args):
    return {k: v for k, v in args.items() if v is not None}
