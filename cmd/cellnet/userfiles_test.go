package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/internal/fixture"
)

// userFile is what files.json says of a checkpoint as people's programs leave it.
type userFile struct {
	File, Weights, Entry string
	Named                bool
}

func userFilesIn(t *testing.T, dir string) []userFile {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "files.json"))
	if err != nil {
		t.Fatal(err)
	}
	var files []userFile
	if err := json.Unmarshal(text, &files); err != nil || len(files) < 30 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	return files
}

// TestUserFilesThroughCommands predicts with checkpoints and shows them. All predict
// what the bare weights do, or are refused in a line.
func TestUserFilesThroughCommands(t *testing.T) {
	t.Parallel()
	t.Run("own", func(t *testing.T) {
		askUserFiles(t, filepath.Join("..", "..", "weights", "testdata", "userfiles"), map[string]string{"plain": "plain.pth", "other": "other.pth"})
	})
	t.Run("fixtures", func(t *testing.T) {
		askUserFiles(t, fixture.Shared(t, "fixtures/userfiles"), map[string]string{"plain": "args.pth", "other": "two-averaged.pth"})
	})
}

func askUserFiles(t *testing.T, dir string, bare map[string]string) {
	picture := filepath.Join(t.TempDir(), "cell.png")
	mustCellnet(t, "arch", "draw", "11", "-o", picture)
	predict := func(file, entry string, named bool) result {
		args := []string{"predict", picture, "--json", "--top", "10", "--weights", filepath.Join(dir, file)}
		if entry != "" {
			args = append(args, "--entry", entry)
		}
		if !named {
			args = append(args, "--arch", "11")
		}
		return cellnet(t, args...)
	}
	want := map[string]string{}
	files := userFilesIn(t, dir)
	for _, c := range files {
		if c.File == bare[c.Weights] {
			want[c.Weights] = predict(c.File, c.Entry, c.Named).stdout
		}
	}
	if want["plain"] == "" || want["plain"] == want["other"] {
		t.Fatalf("predictions %v", want)
	}
	for _, c := range files {
		shown := []string{"weights", "show", filepath.Join(dir, c.File), "--json"}
		if c.Entry != "" {
			shown = append(shown, "--entry", c.Entry)
		}
		show, predicted := cellnet(t, shown...), predict(c.File, c.Entry, c.Named)
		switch {
		case c.File == "config-contradicts.pth":
			if predicted.code != exitFailed || !strings.Contains(predicted.stderr, "skip_connect~1") || !strings.Contains(predicted.stderr, "not of |nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|") {
				t.Errorf("%s: predict: %+v", c.File, predicted)
			}
			if show.code != exitOK || !strings.Contains(show.stdout, "skip_connect~1") {
				t.Errorf("%s: show: %+v", c.File, show)
			}
		case c.Weights != "":
			if predicted.code != exitOK || predicted.stdout != want[c.Weights] {
				t.Errorf("%s: predict: code %d, %s%s", c.File, predicted.code, predicted.stdout, predicted.stderr)
			}
			var r weightsRecord
			if show.code == exitOK {
				decode(t, show.stdout, &r)
			}
			if len(r.Networks) != 1 || r.Networks[0].Classes == nil || *r.Networks[0].Classes != 10 || c.Named != (r.Networks[0].Index != nil && *r.Networks[0].Index == 11) {
				t.Errorf("%s: show: code %d, %s%s", c.File, show.code, show.stdout, show.stderr)
			}
		case c.File == "seven.pth" || c.File == "nan.pth": // read, but their predictions are their own
			if predicted.code != exitOK || show.code != exitOK {
				t.Errorf("%s: %+v, %+v", c.File, predicted, show)
			}
		default:
			if predicted.code == exitOK || strings.Count(predicted.stderr, "\n") != 1 {
				t.Errorf("%s: predict: code %d, %s", c.File, predicted.code, predicted.stderr)
			}
		}
	}
}

// TestOrderIsNoted gives a cell with its edges in another order to commands that take
// an ARCH.
func TestOrderIsNoted(t *testing.T) {
	t.Parallel()
	const turned = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|avg_pool_3x3~2|nor_conv_3x3~1|none~0|" // with tensors of the same names
	dir := t.TempDir()
	plain := filepath.Join("..", "..", "weights", "testdata", "userfiles", "plain.pth")
	for _, args := range [][]string{
		{"model", "show", turned},
		{"arch", "draw", turned, "-o", filepath.Join(dir, "cell.svg")},
		{"train", turned, "--dataset", "synthetic", "--epochs", "1", "--limit", "64", "-C", "1", "-N", "1", "--out", filepath.Join(dir, "run")},
		{"weights", "show", plain, "--arch", turned},
		{"weights", "convert", plain, filepath.Join(dir, "net.safetensors"), "--arch", turned},
	} {
		if r := cellnet(t, args...); !strings.Contains(r.stderr, "cellnet: note: ") || !strings.Contains(r.stderr, "in order it is index 11") {
			t.Errorf("%q: code %d, %s", args, r.code, r.stderr)
		}
	}
	if r := cellnet(t, "model", "show", "11"); r.stderr != "" {
		t.Errorf("in order: %s", r.stderr)
	}
}
