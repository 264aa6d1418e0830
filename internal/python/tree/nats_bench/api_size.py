"""The size search space."""

from .api_utils import NATSBenchAPI

ALL_BASE_NAMES = ["NATS-sss-v1_0-50262"]


class NATSsize(NATSBenchAPI):
    """The benchmark of widths."""

    _space = "size"
    _full_train_epochs = 90
    _all_base_names = ALL_BASE_NAMES

    @property
    def is_topology(self):
        return False

    @property
    def is_size(self):
        return True
