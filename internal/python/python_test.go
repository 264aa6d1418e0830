package python

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "api")
	for range 2 { // the second writes over the first
		if err := Write(dir, `/a "b"\c`); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "cellnet_api", "program.py"))
	if err != nil {
		t.Fatal(err)
	}
	if want := `WRITTEN_BY = "/a \"b\"\\c"`; !strings.Contains(string(text), want) {
		t.Errorf("wrote %s, want %s in it", text, want)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "mine"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Write(other, ""); err == nil || !strings.Contains(err.Error(), "files of another kind") {
		t.Errorf("writing into a folder with other files: %v", err)
	}
	if err := Write(filepath.Join(other, "mine"), ""); err == nil {
		t.Error("a file was taken for a folder")
	}
}

// The packages keep to the grammar of Python 3.7 and to the standard library.
func TestOldPython(t *testing.T) {
	dir := t.TempDir()
	if err := Write(dir, ""); err != nil {
		t.Fatal(err)
	}
	const program = `
import ast, os, sys
own = {"cellnet_api", "nats_bench", "nas_201_api", "numpy"}
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        if name.endswith(".py"):
            tree = ast.parse(open(os.path.join(folder, name)).read(), feature_version=(3, 7))
            for node in ast.walk(tree):
                modules = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
                for module in modules:
                    if module.split(".")[0] not in own | set(getattr(sys, "stdlib_module_names", [module.split(".")[0]])):
                        print(name, "imports", module)
`
	out, err := exec.Command("python3", "-c", program, dir).CombinedOutput()
	if _, there := exec.LookPath("python3"); there != nil {
		t.Skip("no python3 here")
	}
	if err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// pip needs no network and no other package to install the folder.
func TestInstall(t *testing.T) {
	dir, to := t.TempDir(), t.TempDir()
	if err := Write(dir, ""); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("python3", "-m", "pip", "--version").Run(); err != nil {
		t.Skipf("no python3 with pip here: %v", err)
	}
	pip := exec.Command("python3", "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--disable-pip-version-check", "--no-cache-dir", "--target", to, dir)
	if out, err := pip.CombinedOutput(); err != nil {
		t.Fatalf("pip: %v\n%s", err, out)
	}
	check := exec.Command("python3", "-c", "import nats_bench, nas_201_api; print(nats_bench.search_space_info('nats-bench', 'sss')['num_layers'], nas_201_api.NASBench201API.__name__)")
	check.Env = append(os.Environ(), "PYTHONPATH="+to)
	if out, err := check.CombinedOutput(); err != nil || string(out) != "5 NASBench201API\n" {
		t.Errorf("what was installed: %v\n%s", err, out)
	}
}
