package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers lists the module's packages, each line before those that may import
// it. Packages of a line don't import each other.
func layers() []string {
	return []string{
		"internal/mt19937 internal/parallel internal/inputfile internal/hugepage internal/filelock internal/usage internal/lru internal/procmem internal/cputime internal/printable internal/parquetmeta internal/trialname internal/chaos/killat",
		"internal/checkpoints internal/manpage",
		"internal/plots internal/atomicfile internal/bzip2blocks internal/fileformat internal/kernel internal/pickle/opcode internal/pickle/pyclass",
		"bench/builtin/internal/columns internal/python internal/pickle internal/pickle/unpickle",
		"internal/pickle/pickletest internal/torchfile internal/fixture internal/fixture/trim internal/output",
		"cell",
		"cell/twocell cell/supernet",
		"cell/spec",
		"cell/draw data weights internal/block internal/archlist",
		"proxies/table internal/netfile internal/statetree internal/archtable",
		"bench/builtin bench/record",
		"bench/builtin/sheet",
		"bench/internal/source bench/trialfile",
		"bench/internal/published",
		"bench/internal/store",
		"search",
		"bench internal/ops",
		"search/simulate internal/pyapi",
		"search/experiment",
		"bench/internal/scale internal/query models",
		"bench/internal/scale/genbench internal/server train proxies",
		"bench/builtin/internal/maketable",
		"internal/server/loadgen internal/speed internal/rundir train/trials train/collect proxies/walk",
		"internal/cluster internal/curvesource internal/jobarray internal/progress search/trainings",
		"search/weightsharing",
		"cmd/cellnet cmd/compare internal/importer internal/chaos internal/platforms",
	}
}

const module = "cellnet"

// imports lists what each package imports of the module.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", module+"/...").Output()
	if err != nil {
		t.Skipf("go list doesn't run here: %v", err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		name := strings.TrimPrefix(words[0], module+"/")
		all[name] = nil
		for _, w := range words[1:] {
			if own, ok := strings.CutPrefix(w, module+"/"); ok {
				all[name] = append(all[name], own)
			}
		}
	}
	return all
}

func TestImportsPointOneWay(t *testing.T) {
	layer := map[string]int{}
	for i, line := range layers() {
		for _, p := range strings.Fields(line) {
			layer[p] = i
		}
	}
	for name, list := range imports(t) {
		mine, ok := layer[name]
		if !ok {
			t.Errorf("package %s is in no layer", name)
		}
		for _, p := range list {
			if layer[p] >= mine {
				t.Errorf("%s imports %s, which is not in a layer before it", name, p)
			}
		}
	}
}

// Training and what is made of it alone needs no Parquet.
func TestTrainingLinksNoParquet(t *testing.T) {
	for _, p := range []string{"train", "train/trials", "bench/record", "bench/trialfile"} {
		out, err := exec.Command("go", "list", "-deps", module+"/"+p).Output()
		if err != nil {
			t.Skipf("go list doesn't run here: %v", err)
		}
		if strings.Contains(string(out), "parquet") {
			t.Errorf("%s links Parquet", p)
		}
	}
}

// A program that only reads files and queries them links no Gorgonia.
func TestQueriesLinkNoGorgonia(t *testing.T) {
	for _, p := range []string{"cell", "data", "weights", "bench", "internal/query", "internal/server"} {
		out, err := exec.Command("go", "list", "-deps", module+"/"+p).Output()
		if err != nil {
			t.Skipf("go list doesn't run here: %v", err)
		}
		if at := slices.IndexFunc(strings.Fields(string(out)), func(s string) bool { return strings.HasPrefix(s, "gorgonia.org/gorgonia") }); at >= 0 {
			t.Errorf("%s links Gorgonia", p)
		}
	}
}
