// Command platforms checks that the module's packages and their tests hold on every
// platform that is released: their types are checked with what they import, from the
// sources, which takes seconds where building takes minutes.
//
//	go run ./internal/platforms
//	go run ./internal/platforms windows/arm64
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"cellnet/internal/parallel"
)

// released lists the platforms that are released.
func released() []string {
	return []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"}
}

func main() {
	platforms := os.Args[1:]
	if len(platforms) == 0 {
		platforms = released()
	}
	own, wrong := make([]int, len(platforms)), make([]error, len(platforms))
	parallel.For(len(platforms), func(_, i int) { own[i], wrong[i] = check(platforms[i]) })
	code := 0
	for i, p := range platforms {
		if wrong[i] != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", p, wrong[i])
			code = 1
			continue
		}
		fmt.Printf("%s: %d packages\n", p, own[i])
	}
	os.Exit(code)
}

// listed is a package as go list tells it. One that is compiled anew for a test has the
// test's name after its path.
type listed struct {
	ImportPath, Dir, ForTest string
	GoFiles                  []string
	ImportMap                map[string]string
	Standard                 bool
	Module                   *struct {
		Main      bool
		GoVersion string
	}
	Error *struct{ Err string }
}

// own tells whether the package is one of this module.
func (l *listed) own() bool { return l.Module != nil && l.Module.Main }

// check checks a platform, and gives the number of the module's packages.
func check(platform string) (own int, err error) {
	system, arch, ok := strings.Cut(platform, "/")
	sizes := types.SizesFor("gc", arch)
	if !ok || sizes == nil {
		return 0, errors.New("want a system and a processor, such as linux/amd64")
	}
	packages, err := list(system, arch)
	if err != nil {
		return 0, err
	}
	c := checker{files: token.NewFileSet(), sizes: sizes, done: map[string]*types.Package{"unsafe": types.Unsafe}}
	for _, p := range packages {
		if strings.HasSuffix(p.ImportPath, ".test") || p.ImportPath == "unsafe" {
			continue // a generated main package
		}
		if err := c.check(p); err != nil {
			return own, err
		}
		if p.own() {
			own++
		}
	}
	return own, nil
}

// list lists the packages and what they import, those first that others import.
func list(system, arch string) (all []*listed, err error) {
	cmd := exec.Command("go", "list", "-deps", "-test", "-json=ImportPath,Dir,ForTest,GoFiles,ImportMap,Standard,Module,Error", "./...")
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, &errs)
	}
	for d := json.NewDecoder(&out); ; {
		p := new(listed)
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		if p.Error != nil {
			return nil, fmt.Errorf("%s: %s", p.ImportPath, p.Error.Err)
		}
		all = append(all, p)
	}
}

// checker checks packages for a platform.
type checker struct {
	files *token.FileSet
	sizes types.Sizes
	done  map[string]*types.Package
}

func (c *checker) check(p *listed) error {
	var files []*ast.File
	for _, name := range p.GoFiles {
		if !filepath.IsAbs(name) {
			name = filepath.Join(p.Dir, name)
		}
		file, err := parser.ParseFile(c.files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	var wrong []error
	config := types.Config{
		Importer:         importing{c, p},
		Sizes:            c.sizes,
		IgnoreFuncBodies: !p.own(),
		Error:            func(err error) { wrong = append(wrong, err) },
	}
	if p.Module != nil && p.Module.GoVersion != "" {
		config.GoVersion = "go" + p.Module.GoVersion
	}
	path, _, _ := strings.Cut(p.ImportPath, " ")
	c.done[p.ImportPath], _ = config.Check(path, c.files, files, nil)
	if !p.own() {
		return nil // what it lacks, the module's packages will miss
	}
	return errors.Join(wrong...)
}

// importing gives a package what it imports.
type importing struct {
	*checker
	by *listed
}

func (i importing) Import(path string) (*types.Package, error) {
	if other, ok := i.by.ImportMap[path]; ok {
		path = other
	}
	if p := i.done[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no package %s", path)
}
