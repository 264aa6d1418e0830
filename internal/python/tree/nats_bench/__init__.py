"""nats_bench, answered by cellnet."""

from .api_size import NATSsize
from .api_topology import NATStopology
from .api_utils import ArchResults, ResultsCount, pickle_load, pickle_save
from .genotype_utils import CellStructure, topology_str2structure

NATS_BENCH_API_VERSIONs = ["v1.8"]
NATS_BENCH_SSS_NAMEs = ("sss", "size")
NATS_BENCH_TSS_NAMEs = ("tss", "topology")


def version():
    return NATS_BENCH_API_VERSIONs[-1]


def create(file_path_or_dict, search_space, fast_mode=False, verbose=True):
    """Open the benchmark of a search space: tss or topology, sss or size."""
    if search_space in NATS_BENCH_TSS_NAMEs:
        return NATStopology(file_path_or_dict, fast_mode, verbose)
    if search_space in NATS_BENCH_SSS_NAMEs:
        return NATSsize(file_path_or_dict, fast_mode, verbose)
    raise ValueError("search space {!r}, want tss or sss".format(search_space))


def search_space_info(main_tag, aux_tag):
    """What the networks of a search space may differ in."""
    topology = {"op_names": ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"], "num_nodes": 4}
    if main_tag == "nas-bench-201":
        if aux_tag is not None:
            raise ValueError("nas-bench-201 has one search space only, want None")
        return topology
    if main_tag != "nats-bench":
        raise ValueError("benchmark {!r}, want nats-bench or nas-bench-201".format(main_tag))
    if aux_tag in NATS_BENCH_TSS_NAMEs:
        return topology
    if aux_tag in NATS_BENCH_SSS_NAMEs:
        return {"candidates": list(range(8, 65, 8)), "num_layers": 5}
    raise ValueError("search space {!r}, want tss or sss".format(aux_tag))
