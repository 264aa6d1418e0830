"""The topology of cells."""

from cellnet_api.structure import TopologyStructure

CellStructure = TopologyStructure


def topology_str2structure(xstr):
    return TopologyStructure.str2structure(xstr)
