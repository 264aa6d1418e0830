"""The topology search space."""

from .api_utils import NATSBenchAPI
from .genotype_utils import topology_str2structure

ALL_BASE_NAMES = ["NATS-tss-v1_0-3ffb9"]


class NATStopology(NATSBenchAPI):
    """The benchmark of cells."""

    _space = "topology"
    _full_train_epochs = 200
    _all_base_names = ALL_BASE_NAMES

    @property
    def is_topology(self):
        return True

    @property
    def is_size(self):
        return False

    def get_unique_str(self, arch):
        """A string that cells which compute the same share."""
        index = self.query_index_by_arch(arch)
        return topology_str2structure(self.meta_archs[index]).to_unique_str(consider_zero=True)
