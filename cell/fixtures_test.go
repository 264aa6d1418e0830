package cell_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"reflect"
	"testing"

	"cellnet/cell"
)

// The files in testdata were made by the published Python code.

func readJSON(t *testing.T, name string, v any) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestSpaceIsPublishedOne(t *testing.T) {
	var want struct {
		SHA256     string `json:"sha256_of_all_arch_strings_newline_terminated"`
		Unique     int    `json:"unique"`
		UniqueZero int    `json:"unique_zero"`
		Valid      int    `json:"valid"`
		First      []string
		Last       []string
	}
	readJSON(t, "space.json", &want)

	hash := sha256.New()
	var archs []string
	unique := make(map[cell.Form]map[string]bool)
	for _, form := range []cell.Form{cell.MergeSkips, cell.MergeSkipsAndZeros, cell.MergeNothing} {
		unique[form] = make(map[string]bool)
	}
	valid := 0
	for _, c := range cell.All() {
		archs = append(archs, c.String())
		io.WriteString(hash, c.String()+"\n")
		if c.Valid() {
			valid++
		}
		for form, seen := range unique {
			s, err := c.Canonical(form)
			if err != nil {
				t.Fatal(err)
			}
			seen[s] = true
		}
	}

	if got := hex.EncodeToString(hash.Sum(nil)); got != want.SHA256 {
		t.Errorf("hash of all arch strings: got %s, want %s", got, want.SHA256)
	}
	if got := archs[:len(want.First)]; !reflect.DeepEqual(got, want.First) {
		t.Errorf("first: got %q, want %q", got, want.First)
	}
	if got := archs[len(archs)-len(want.Last):]; !reflect.DeepEqual(got, want.Last) {
		t.Errorf("last: got %q, want %q", got, want.Last)
	}
	if valid != want.Valid {
		t.Errorf("%d valid cells, want %d", valid, want.Valid)
	}
	if got := len(unique[cell.MergeSkips]); got != want.Unique {
		t.Errorf("MergeSkips: %d cells, want %d", got, want.Unique)
	}
	if got := len(unique[cell.MergeSkipsAndZeros]); got != want.UniqueZero {
		t.Errorf("MergeSkipsAndZeros: %d cells, want %d", got, want.UniqueZero)
	}
}

func TestArchRecords(t *testing.T) {
	var records []struct {
		Index      *int
		Arch       string
		Valid      bool
		Unique     string
		UniqueZero string `json:"unique_zero"`
		UniqueNone string `json:"unique_none"`
		Matrix     [][]int
	}
	readJSON(t, "archs.json", &records)
	if len(records) < 50 {
		t.Fatalf("only %d records", len(records))
	}
	for _, want := range records {
		t.Run(want.Arch, func(t *testing.T) {
			c, err := cell.Parse(want.Arch)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.String(); got != want.Arch {
				t.Errorf("String: got %s", got)
			}
			index, inSpace := c.Index()
			if inSpace != (want.Index != nil) || inSpace && index != *want.Index {
				t.Errorf("Index: got %d, %v, want %v", index, inSpace, want.Index)
			}
			if got := c.Valid(); got != want.Valid {
				t.Errorf("Valid: got %v", got)
			}
			for form, want := range map[cell.Form]string{
				cell.MergeSkips: want.Unique, cell.MergeSkipsAndZeros: want.UniqueZero, cell.MergeNothing: want.UniqueNone,
			} {
				if got, err := c.Canonical(form); got != want || err != nil {
					t.Errorf("Canonical(%v): got %s, %v, want %s", form, got, err, want)
				}
			}
			if got := c.Matrix(); !reflect.DeepEqual(got, want.Matrix) {
				t.Errorf("Matrix: got %v, want %v", got, want.Matrix)
			}
		})
	}
}
