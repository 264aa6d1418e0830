"""nas_201_api, answered by cellnet."""

from .api_201 import NASBench201API
from .api_utils import ArchResults, ResultsCount

NAS_BENCH_201_API_VERSION = "v2.0"
