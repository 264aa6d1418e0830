"""What both search spaces share."""

import os
import time
import warnings

from cellnet_api import meta
from cellnet_api.meta import NASBenchMetaAPI
from cellnet_api.results import ArchResults, ResultsCount

__all__ = ["ArchResults", "NASBenchMetaAPI", "NATSBenchAPI", "PICKLE_EXT", "ResultsCount", "get_torch_home", "pickle_load", "pickle_save", "time_string"]

PICKLE_EXT = "pickle.pbz2"


def time_string():
    return time.strftime("[%Y-%m-%d %X]", time.gmtime())


def get_torch_home():
    return meta.torch_home(fallback=True)


def pickle_save(obj, file_path, ext=".pbz2", protocol=4):
    import bz2
    import pickle

    with bz2.BZ2File(str(file_path) + ext, "wb") as f:
        pickle.dump(obj, f, protocol=protocol)


def pickle_load(file_path, ext=".pbz2"):
    import bz2
    import pickle

    path = str(file_path)
    with bz2.BZ2File(path if os.path.isfile(path) else path + ext, "rb") as f:
        return pickle.load(f)


class NATSBenchAPI(NASBenchMetaAPI):
    """A benchmark of NATS-Bench."""

    _space = None
    _full_train_epochs = None
    _all_base_names = None

    def __init__(self, file_path_or_dict=None, fast_mode=False, verbose=True):
        self.verbose = verbose
        self.filename = None
        self._fast_mode = fast_mode
        self._archive_dir = None
        self.reset_time()
        path = file_path_or_dict
        if path is None:
            path = os.path.join(get_torch_home(), self._all_base_names[-1] + ("-simple" if fast_mode else "." + PICKLE_EXT))
            print("{} NATS-Bench ({}): no file is named, taking {}".format(time_string(), self._space, path))
        elif isinstance(path, dict):
            from cellnet_api.dicts import nats_file

            path = nats_file(path)
        elif isinstance(path, (str, os.PathLike)):
            path = os.fspath(path)
            self.filename = os.path.basename(path)
        else:
            raise ValueError("a benchmark of type {}, want a path or a dict".format(type(path)))
        if not meta.is_cellnet_only(path):
            self._check(path, fast_mode)
        if fast_mode:
            self._archive_dir = path
        self._connect("nats_bench", self._space, path, fast_mode)
        if verbose:
            print("{} NATS-Bench ({}): {} of {} architectures from {}".format(time_string(), self._space, len(self.evaluated_indexes), len(self), path))

    def _check(self, path, fast_mode):
        """The published program reads a folder in the fast mode, a file without."""
        if not os.path.exists(path):
            raise ValueError("no file or folder {}".format(path))
        published = os.path.isfile(os.path.join(path, "meta." + PICKLE_EXT)) if os.path.isdir(path) else path.endswith(".pbz2")
        if published and os.path.isdir(path) != bool(fast_mode):
            raise ValueError("fast_mode={} does not go with {}, want a {}".format(fast_mode, path, "folder" if fast_mode else "file"))

    _range_error = ValueError

    @property
    def search_space_name(self):
        return self._space

    @property
    def fast_mode(self):
        return self._fast_mode

    @property
    def archive_dir(self):
        return self._archive_dir

    @property
    def full_train_epochs(self):
        return self._full_train_epochs

    @property
    def full_epochs_in_paper(self):
        return self._full_train_epochs

    def reset_archive_dir(self, archive_dir):
        self._archive_dir = archive_dir

    def reset_fast_mode(self, fast_mode):
        self._fast_mode = fast_mode

    @property
    def evaluated_indexes(self):
        return set(self._connection.call("evaluated_indexes"))

    def __repr__(self):
        return "{}({}/{} architectures, fast_mode={}, file={})".format(
            type(self).__name__, len(self.evaluated_indexes), len(self), self.fast_mode, self.filename
        )

    def simulate_train_eval(self, arch, dataset, iepoch=None, hp="12", account_time=True):
        return self._simulate(arch, dataset, iepoch, hp, account_time)

    def find_best(self, dataset, metric_on_set, flop_max=None, param_max=None, hp="12", enforce_all=None):
        if enforce_all is None:
            enforce_all = bool(self.fast_mode)
        return self._find_best(dataset, metric_on_set, flop_max, param_max, hp, enforce_all)

    def reload(self, archive_root=None, index=None):
        if archive_root is None:
            archive_root = os.path.join(os.environ["TORCH_HOME"], self._all_base_names[-1] + "-full")
            if not os.path.isdir(archive_root):
                warnings.warn("no folder {}, taking {}".format(archive_root, self.archive_dir), stacklevel=2)
                archive_root = self.archive_dir
        if archive_root is None or not os.path.isdir(archive_root):
            raise ValueError("no folder {}".format(archive_root))
        self._reload(archive_root, index)
