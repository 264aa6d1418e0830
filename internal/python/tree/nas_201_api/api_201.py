"""NAS-Bench-201."""

import os

from cellnet_api import meta
from cellnet_api.meta import NASBenchMetaAPI

ALL_BENCHMARK_FILES = ["NAS-Bench-201-v1_0-e61699.pth", "NAS-Bench-201-v1_1-096897.pth"]
ALL_ARCHIVE_DIRS = ["NAS-Bench-201-v1_1-archive"]


class NASBench201API(NASBenchMetaAPI):
    """The benchmark of cells."""

    _range_error = AssertionError

    def __init__(self, file_path_or_dict=None, verbose=True):
        self.verbose = verbose
        self.filename = None
        self.reset_time()
        path = file_path_or_dict
        if path is None:
            path = os.path.join(meta.torch_home(fallback=False), ALL_BENCHMARK_FILES[-1])
            print("NAS-Bench-201: no file is named, taking {}".format(path))
        if isinstance(path, dict):
            from cellnet_api.dicts import nas201_file

            path = nas201_file(path)
        elif isinstance(path, (str, os.PathLike)):
            path = os.fspath(path)
            self.filename = os.path.basename(path)
        else:
            raise ValueError("a benchmark of type {}, want a path or a dict".format(type(path)))
        if verbose:
            print("NAS-Bench-201: opening {}".format(path))
        assert meta.is_cellnet_only(path) or os.path.exists(path), "no file {}".format(path)
        self._connect("nas_201_api", "topology", path, False)

    @property
    def evaluated_indexes(self):
        return self._connection.call("evaluated_indexes")

    def __repr__(self):
        return "{}({}/{} architectures, file={})".format(type(self).__name__, len(self.evaluated_indexes), len(self), self.filename)

    def simulate_train_eval(self, arch, dataset, hp="12", account_time=True):
        return self._simulate(arch, dataset, None, hp, account_time)

    def find_best(self, dataset, metric_on_set, FLOP_max=None, Param_max=None, hp="12"):
        return self._find_best(dataset, metric_on_set, FLOP_max, Param_max, hp, False)

    def reload(self, archive_root=None, index=None):
        if archive_root is None:
            archive_root = os.path.join(os.environ["TORCH_HOME"], ALL_ARCHIVE_DIRS[-1])
        assert os.path.isdir(archive_root), "no folder {}".format(archive_root)
        self._reload(archive_root, index)
