"""The results of an architecture and of one of its trials. They hold which ones they
are and what was changed of them; the numbers are cellnet's."""

import collections
import collections.abc

from .tensors import state_dict


def _by_epoch(values):
    return None if values is None else {int(epoch): v for epoch, v in values.items()}


class _Asking:
    """What asks for itself with the changes that were made to it."""

    def _where(self):
        raise NotImplementedError

    def _ask(self, call, **args):
        if self._edits:
            args["edits"] = self._edits
        return self._connection.call(type(self).__name__ + "." + call, **self._where(), **args)

    def _edit(self, **edit):
        """Make a change, which must be possible."""
        self._edits.append(edit)
        try:
            self._state = None
            self._read()
        except BaseException:
            self._edits.pop()
            raise

    def _read(self):
        if self._state is None:
            self._state = self._ask("state")
        return self._state

    def __repr__(self):
        self._state = None  # changes of the other kind of object show
        return self._read()["repr"]

    def __deepcopy__(self, memo):
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._edits = list(self._edits)
        return other


class ArchResults(_Asking):
    """All trials of one architecture by one recipe."""

    def __init__(self, connection, index, hp):
        self._connection = connection
        self._index = index
        self._hp = hp
        self._edits = []
        self._state = None

    def _where(self):
        return {"index": self._index, "hp": self._hp}

    @property
    def arch_index(self):
        return self._read()["arch_index"]

    @property
    def arch_str(self):
        return self._read()["arch_str"]

    @property
    def dataset_seed(self):
        return {dataset: list(seeds) for dataset, seeds in self._read()["dataset_seed"].items()}

    @property
    def all_results(self):
        return {(dataset, seed): self.query(dataset, seed) for dataset, seed in self._read()["trials"]}

    @property
    def clear_net_done(self):
        self._state = None
        return self._read()["clear_net_done"]

    def get_compute_costs(self, dataset):
        return self._ask("get_compute_costs", dataset=dataset)

    def get_metrics(self, dataset, setname, iepoch=None, is_random=False):
        return self._ask("get_metrics", dataset=dataset, setname=setname, iepoch=iepoch, is_random=is_random)

    def get_dataset_names(self):
        return list(self._read()["dataset_seed"])

    def get_dataset_seeds(self, dataset):
        return list(self._read()["dataset_seed"][dataset])

    def get_net_param(self, dataset, seed=None):
        return net_param(self._ask("get_net_param", dataset=dataset, seed=seed), seed)

    def get_latency(self, dataset):
        return self._ask("get_latency", dataset=dataset)

    def get_total_epoch(self, dataset=None):
        return self._ask("get_total_epoch", dataset=dataset)

    def query(self, dataset, seed=None):
        seeds = self._read()["dataset_seed"][dataset]
        if seed is None:
            return {seed: ResultsCount(self, dataset, seed) for seed in seeds}
        if seed not in seeds:
            raise KeyError((dataset, seed))
        return ResultsCount(self, dataset, seed)

    def reset_latency(self, dataset, seed, latency):
        self._edit(call="reset_latency", dataset=dataset, seed=seed, value=latency)

    def reset_pseudo_train_times(self, dataset, seed, estimated_per_epoch_time):
        self._edit(call="reset_pseudo_train_times", dataset=dataset, seed=seed, value=estimated_per_epoch_time)

    def reset_pseudo_eval_times(self, dataset, seed, eval_name, estimated_per_epoch_time):
        self._edit(call="reset_pseudo_eval_times", dataset=dataset, seed=seed, setname=eval_name, value=estimated_per_epoch_time)

    def clear_params(self):
        self._edit(call="clear_params")

    def arch_idx_str(self):
        return "{:06d}".format(self.arch_index)

    def state_dict(self):
        return {
            "arch_index": self.arch_index,
            "arch_str": self.arch_str,
            "all_results": {key: result.state_dict() for key, result in self.all_results.items()},
            "dataset_seed": self.dataset_seed,
            "clear_net_done": self.clear_net_done,
        }


def net_param(answer, seed):
    """The weights of one trial, or those of all by their seeds."""
    if seed is None:
        return {seed: state_dict(tensors) for seed, tensors in answer}
    return state_dict(answer)


class ResultsCount(_Asking):
    """One trial."""

    def __init__(self, results, dataset, seed):
        self._connection = results._connection
        self._results = results
        self._dataset = dataset
        self._seed = seed
        self._edits = results._edits  # changes of the one are the other's
        self._state = None

    def _where(self):
        return dict(self._results._where(), dataset=self._dataset, seed=self._seed)

    name = property(lambda self: self._read()["name"])
    seed = property(lambda self: self._read()["seed"])
    epochs = property(lambda self: self._read()["epochs"])
    params = property(lambda self: self._read()["params"])
    flop = property(lambda self: self._read()["flop"])
    arch_config = property(lambda self: dict(self._read()["arch_config"]))
    train_acc1es = property(lambda self: _by_epoch(self._read()["train_acc1es"]))
    train_acc5es = property(lambda self: _by_epoch(self._read()["train_acc5es"]))
    train_losses = property(lambda self: _by_epoch(self._read()["train_losses"]))
    train_times = property(lambda self: _by_epoch(self._read()["train_times"]))
    eval_names = property(lambda self: list(self._read()["eval_names"]))
    eval_acc1es = property(lambda self: dict(self._read()["eval_acc1es"]))
    eval_losses = property(lambda self: dict(self._read()["eval_losses"]))
    eval_times = property(lambda self: dict(self._read()["eval_times"]))
    latency = property(lambda self: self._read()["latency"])
    net_state_dict = property(lambda self: self.get_net_param())

    def get_latency(self):
        return self._ask("get_latency")

    def get_times(self):
        return self._ask("get_times")

    def get_eval_set(self):
        return self.eval_names

    def get_total_epoch(self):
        return self.epochs

    def get_train(self, iepoch=None):
        return self._ask("get_train", iepoch=iepoch)

    def get_eval(self, name, iepoch=None):
        return self._ask("get_eval", setname=name, iepoch=iepoch)

    def get_net_param(self, clone=False):
        return state_dict(self._ask("get_net_param"))

    def get_config(self, str2structure=None):
        return config(self._read()["config"], str2structure)

    def update_latency(self, latency):
        self._edit(call="reset_latency", dataset=self._dataset, seed=self._seed, value=sum(latency) / len(latency))

    def reset_pseudo_train_times(self, estimated_per_epoch_time):
        self._edit(call="reset_pseudo_train_times", dataset=self._dataset, seed=self._seed, value=estimated_per_epoch_time)

    def reset_pseudo_eval_times(self, eval_name, estimated_per_epoch_time):
        self._edit(call="reset_pseudo_eval_times", dataset=self._dataset, seed=self._seed, setname=eval_name, value=estimated_per_epoch_time)

    def state_dict(self):
        names = (
            "name net_state_dict train_acc1es train_acc5es train_losses train_times arch_config params flop seed epochs latency "
            "eval_names eval_acc1es eval_times eval_losses"
        )
        return {name: getattr(self, name) for name in names.split()}


def config(fields, str2structure):
    """A network's configuration, with its cell as str2structure makes one of the
    string."""
    fields = dict(fields)
    if str2structure is None:
        return fields
    last = fields.pop("num_classes")
    arch = fields.pop("arch_str", None) or fields.pop("genotype")
    return dict(fields, genotype=str2structure(arch), num_classes=last)


class Records(collections.abc.Mapping):
    """The results of all architectures: a dict of recipes each, made when asked for."""

    def __init__(self, connection):
        self._connection = connection

    def __getitem__(self, index):
        recipes = self._connection.call("recipes", index=index)
        return collections.OrderedDict((hp, ArchResults(self._connection, index, hp)) for hp in recipes)

    def __iter__(self):
        return iter(self._connection.call("stored"))

    def __len__(self):
        return len(self._connection.call("stored"))
