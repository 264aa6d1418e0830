"""The topology of a cell as its string says it."""

import copy
import itertools


def split(arch):
    """The nodes of an arch string: a tuple of pairs of operation and input each."""
    nodes = []
    for node in arch.split("+"):
        pairs = []
        for edge in node.split("|"):
            if edge == "":
                continue
            parts = edge.split("~")
            assert len(parts) == 2, "edge {!r} of an arch string, want op~node".format(edge)
            pairs.append((parts[0], int(parts[1])))
        nodes.append(tuple(pairs))
    return nodes


class TopologyStructure:
    """A cell: for each node after the input, its pairs of operation and input node."""

    def __init__(self, genotype):
        assert isinstance(genotype, (list, tuple)), "a genotype of type {}".format(type(genotype))
        for number, node in enumerate(genotype):
            assert isinstance(node, (list, tuple)) and len(node) > 0, "node {} of a genotype is {!r}".format(number + 1, node)
            for edge in node:
                assert isinstance(edge, (list, tuple)) and len(edge) == 2 and edge[1] <= number, "edge {!r} into node {}".format(edge, number + 1)
        self.nodes = [tuple(copy.deepcopy(node)) for node in genotype]
        self.node_num = len(self.nodes) + 1
        self.node_N = [len(node) for node in self.nodes]

    def tolist(self, remove_str):
        """The nodes in the order of their inputs without an operation, and whether all
        of them have an edge left."""
        nodes = []
        for node in self.nodes:
            edges = tuple(e for e in sorted(node, key=lambda e: (e[1], e[0])) if e[0] != remove_str)
            if not edges:
                return None, False
            nodes.append(edges)
        return nodes, True

    def node(self, index):
        assert 0 < index <= len(self), "no node {}".format(index)
        return self.nodes[index]

    def tostr(self):
        return "+".join("|" + "|".join("{}~{}".format(op, i) for op, i in node) + "|" for node in self.nodes)

    def check_valid(self):
        """Whether the output is reached from the input."""
        reached = [True]
        for node in self.nodes:
            reached.append(any(op != "none" and reached[i] for op, i in node))
        return reached[-1]

    def to_unique_str(self, consider_zero=False):
        """A string that cells which compute the same share: skips are seen through
        unless consider_zero is None, zeros are if it is true."""
        texts = ["0"]
        for node in self.nodes:
            terms = []
            for op, i in node:
                if consider_zero and (op == "none" or texts[i] == "#"):
                    terms.append("#")
                elif consider_zero is not None and op == "skip_connect":
                    terms.append(texts[i])
                else:
                    terms.append("({})@{}".format(texts[i], op))
            texts.append("+".join(sorted(terms)))
        return texts[-1]

    def check_valid_op(self, op_names):
        return all(op in op_names for node in self.nodes for op, _ in node)

    def __repr__(self):
        return "{}({} nodes with {})".format(type(self).__name__, self.node_num, self.tostr())

    def __len__(self):
        return len(self.nodes) + 1

    def __getitem__(self, index):
        return self.nodes[index]

    @staticmethod
    def str2structure(xstr):
        if isinstance(xstr, TopologyStructure):
            return xstr
        assert isinstance(xstr, str), "want an arch string, not {}".format(type(xstr))
        return TopologyStructure(split(xstr))

    @staticmethod
    def str2fullstructure(xstr, default_name="none"):
        assert isinstance(xstr, str), "want an arch string, not {}".format(type(xstr))
        nodes = []
        for number, node in enumerate(split(xstr)):
            there = {i for _, i in node}
            edges = list(node) + [(default_name, i) for i in range(number) if i not in there]
            nodes.append(tuple(sorted(edges, key=lambda e: (e[1], e[0]))))
        return TopologyStructure(nodes)

    @staticmethod
    def gen_all(search_space, num, return_ori):
        assert isinstance(search_space, (list, tuple)), "a search space of type {}".format(type(search_space))
        assert num >= 2, "a cell of {} nodes".format(num)
        choices = [[tuple(zip(ops, range(n))) for ops in itertools.product(search_space, repeat=n)] for n in range(1, num)]
        every = [list(nodes) for nodes in itertools.product(*choices)]
        return every if return_ori else [TopologyStructure(nodes) for nodes in every]
