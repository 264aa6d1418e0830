"""What the benchmark's objects are."""

from cellnet_api.meta import NASBenchMetaAPI
from cellnet_api.results import ArchResults, ResultsCount

__all__ = ["ArchResults", "NASBenchMetaAPI", "ResultsCount"]
