"""generate_published.py DIR: checkpoints as the published program writes them. DIR has supernet.py,
the definition of the networks; needs python3-torch."""
import argparse, copy, sys, types
sys.path.insert(0, sys.argv[1])
import torch, supernet
m = types.ModuleType("xautodl.models.cell_searchs.genotypes")
for name in ("xautodl", "xautodl.models", "xautodl.models.cell_searchs", "xautodl.models.cell_searchs.genotypes"):
    sys.modules.setdefault(name, types.ModuleType(name))
class Structure:
    def __init__(self, genotype):
        self.node_num, self.nodes, self.node_N = len(genotype) + 1, [], []
        for info in genotype:
            self.node_N.append(len(info)); self.nodes.append(tuple(copy.deepcopy(info)))
Structure.__module__ = "xautodl.models.cell_searchs.genotypes"
sys.modules[Structure.__module__].Structure = Structure
def structure(text): return Structure(supernet.parse(text))
def save(path, net, epochs, genotypes, **more):
    args = argparse.Namespace(algo=more.pop("algo"), dataset="cifar10", channel=2, num_cells=1, max_nodes=4, affine=0, track_running_stats=0, rand_seed=777, drop_path_rate=None, tau_min=0.1, tau_max=10)
    w = [p for k, p in net.named_parameters() if "arch" not in k]
    sgd = torch.optim.SGD(w, 0.025, momentum=0.9, weight_decay=5e-4, nesterov=True)
    adam = torch.optim.Adam(net.architecture(), 3e-4)
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(sgd, 100)
    torch.save({"epoch": epochs, "args": copy.deepcopy(args), "search_model": net.state_dict(), "w_optimizer": sgd.state_dict(), "a_optimizer": adam.state_dict(),
      "w_scheduler": sched.state_dict(), "genotypes": genotypes, "valid_accuracies": {"best": -1, **{i: 30.0 + i for i in range(epochs)}}, **more}, path)
torch.manual_seed(1)
cells = ["|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|avg_pool_3x3~2|", "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|"]
save("published-gdas.pth", supernet.Supernet(2, 1, 10), 2, {-1: structure(cells[0]), 0: structure(cells[0]), 1: structure(cells[1])}, algo="gdas", baseline=None)
save("published-enas.pth", supernet.Supernet(2, 1, 10, enas=True), 1, {-1: structure(cells[0]), 0: structure(cells[1])}, algo="enas", baseline=0.3)
save("published-tas.pth", supernet.SizeSupernet([2,4,6,8], 10), 1, {-1: "2:2:4:6:8", 0: "2:4:4:6:8"}, algo="tas")
