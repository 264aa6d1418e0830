package weightsharing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/cell"
)

func TestFoldersTellOfSearches(t *testing.T) {
	for _, a := range []Algorithm{GDAS, ENAS, MaskRL} {
		folder, r := t.TempDir(), smallRun(a)
		s := newSearch(t, r, Options{})
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		plan := Plan{Program: "x", Run: r, Limit: 7}
		if err := WritePlan(folder, plan); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadPlan(folder); err != nil || fmt.Sprint(got) != fmt.Sprint(plan) {
			t.Errorf("%v: the plan is %v, %v, want %v", a, got, err, plan)
		}
		if err := WriteLog(folder, s.History()); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(filepath.Join(folder, logName))
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(content) {
			var e Epoch
			if err := json.Unmarshal(line, &e); err != nil || e.Arch.IsZero() || len(e.Parameters) == 0 {
				t.Errorf("%v: line %s: %v", a, line, err)
			}
		}
		if lines := bytes.Count(content, []byte("\n")); lines != r.Epochs {
			t.Errorf("%v: %d lines, want %d", a, lines, r.Epochs)
		}
		if err := Draw(folder, r, s.History(), func(cell.Arch) (float64, bool) { return 50, true }); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"curves.svg", "curves.png", "architecture.svg", "architecture.png"} {
			if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Size() < 1000 {
				t.Errorf("%v: %s: %v", a, name, err)
			}
		}
		if best, last := s.Best(), s.Last(); last.Epoch != r.Epochs-1 || best.Validation.Top1 < last.Validation.Top1 {
			t.Errorf("%v: the last epoch is %d, the best has %v", a, last.Epoch, best.Validation)
		}
	}
	if _, err := ReadPlan(t.TempDir()); err == nil || !strings.Contains(err.Error(), "search.json") {
		t.Error(err)
	}
}

func TestSkipsAreCounted(t *testing.T) {
	all, err := CellOf(edgesOf(4), opsOf([]int{1, 1, 1, 1, 1, 3}))
	if err != nil {
		t.Fatal(err)
	}
	if skips, edges := (Epoch{Arch: cell.ArchOfCell(all)}).Skips(); skips != 5 || edges != 6 {
		t.Errorf("%d of %d", skips, edges)
	}
	if skips, edges := (Epoch{}).Skips(); skips != 0 || edges != 0 {
		t.Errorf("%d of %d without a cell", skips, edges)
	}
}
