"""Searches as published scripts write them, on a folder of NATS-Bench's files."""

import collections
import os
import random
import sys
import time

from nats_bench import create, search_space_info
from nats_bench.genotype_utils import topology_str2structure as str2structure

DATASET = "cifar10"


class Model:
    def __init__(self):
        self.arch = None
        self.accuracy = None


def stored(folder):
    return sorted(int(name.split(".")[0]) for name in os.listdir(folder) if name[0].isdigit())


def random_search(api, archs, budget):
    api.reset_time()
    best, history = None, []
    while api.used_time < budget:
        arch = str2structure(api.arch(random.choice(archs)))
        accuracy, latency, cost, total = api.simulate_train_eval(arch, DATASET, hp="12")
        if best is None or accuracy > best[0]:
            best = accuracy, arch
        history.append((total, best[0]))
    return best[1], history


def mutate(arch, names, allowed):
    while True:
        nodes = [list(node) for node in arch.nodes]
        node = random.randrange(len(nodes))
        edge = random.randrange(len(nodes[node]))
        op, source = nodes[node][edge]
        nodes[node][edge] = (random.choice([name for name in names if name != op]), source)
        mutated = type(arch)([tuple(node) for node in nodes])
        if random.random() < 0.01:
            return allowed[random.randrange(len(allowed))]
        if any(mutated.tostr() == other.tostr() for other in allowed):
            return mutated


def regularized_evolution(api, archs, budget, names):
    api.reset_time()
    allowed = [str2structure(api[i]) for i in archs]
    population, history = collections.deque(), []
    while len(population) < 3:
        model = Model()
        model.arch = random.choice(allowed)
        model.accuracy, _, _, total = api.simulate_train_eval(model.arch, DATASET, hp="12")
        population.append(model)
        history.append((total, model))
    while api.used_time < budget:
        parent = max(random.sample(list(population), 2), key=lambda m: m.accuracy)
        child = Model()
        child.arch = mutate(parent.arch, names, allowed)
        child.accuracy, _, _, total = api.simulate_train_eval(child.arch, DATASET, hp="12")
        population.append(child)
        history.append((total, child))
        population.popleft()
    return max((m for _, m in history), key=lambda m: m.accuracy).arch, history


def main(folder):
    api = create(folder, "tss", fast_mode=True, verbose=False)
    names = search_space_info("nats-bench", "tss")["op_names"]
    archs = stored(folder)
    random.seed(1)
    found, history = random_search(api, archs, 3000)
    again = random.getstate()
    info = api.get_more_info(found, DATASET, hp=200, is_random=False)
    assert info["test-accuracy"] == api.get_more_info(api.query_index_by_arch(found), DATASET, hp="200", is_random=False)["test-accuracy"]
    random.seed(1)
    assert random_search(api, archs, 3000)[1] == history, "the same seed gives the same search"
    assert random.getstate() == again
    print("random search: {} of {} trainings, {:.2f} %".format(found.tostr(), len(history), info["test-accuracy"]))
    found, history = regularized_evolution(api, archs, 5000, names)
    print("regularized evolution: {} of {} trainings".format(found.tostr(), len(history)))
    points = [
        (api.get_cost_info(i, "cifar100")["flops"], api.get_more_info(i, "cifar100", iepoch=e, hp="200", is_random=777).get("valtest-accuracy"))
        for i in archs
        for e in range(0, 200, 20)
    ]
    assert all(accuracy is not None for _, accuracy in points)
    print("{} points of a curve".format(len(points)))


if __name__ == "__main__":
    main(sys.argv[1])
