package models

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"
)

// TestWidthsGivePyTorchsBits compares names, order and numbers with those of
// networks of any widths that PyTorch initialized.
func TestWidthsGivePyTorchsBits(t *testing.T) {
	content, err := os.ReadFile("testdata/size-init.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Config cell.Network
		Seed   uint32
		SHA256 json.RawMessage
	}
	if err := json.Unmarshal(content, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 7 {
		t.Errorf("%d networks", len(cases))
	}
	for _, c := range cases {
		p, err := Initialize(c.Config, c.Seed)
		if err != nil {
			t.Fatal(err)
		}
		names, hashes := members(t, c.SHA256)
		state := p.StateDict()
		if got := state.Names(); !slices.Equal(got, names) {
			t.Errorf("%v: tensors %v, want %v", c.Config.Widths, got, names)
		}
		for name, tensor := range state.All() {
			sum := sha256.Sum256(tensor.Data)
			if got, want := hex.EncodeToString(sum[:]), hashes[name]; want == "" || !strings.HasPrefix(got, want) {
				t.Errorf("%v seed %d: %s has hash %s, want %s", c.Config.Widths, c.Seed, name, got, want)
			}
		}
		if w, ok := WidthsOf(state); !ok || !slices.Equal(w, c.Config.Widths) {
			t.Errorf("%v: read off as %v, %v", c.Config.Widths, w, ok)
		}
	}
}

// members reads an object of strings, and the order of its keys.
func members(t *testing.T, object []byte) (names []string, values map[string]string) {
	t.Helper()
	if err := json.Unmarshal(object, &values); err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(object)))
	for i := 0; ; i++ {
		token, err := d.Token()
		if err != nil {
			return names, values
		}
		if name, ok := token.(string); ok && i%2 == 1 {
			names = append(names, name)
		}
	}
}

func TestOtherWidthsAreNamed(t *testing.T) {
	size := func(widths ...int) cell.Network {
		return cell.Network{Cell: cell.SizeCell(), Widths: widths, Classes: 10}
	}
	p, err := Initialize(size(8, 16, 8, 8, 16), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		network cell.Network
		want    string
	}{
		{size(8, 8, 8, 8, 16), "tensor cells.1.conv_a.op.1.weight is 16x8x3x3, the network needs 8x8x3x3: the state dict is of a network of the widths 8:16:8:8:16"},
		{size(9, 16, 8, 8, 16), "tensor stem.0.weight is 8x3x3x3, the network needs 9x3x3x3: the state dict is of a network of the widths 8:16:8:8:16"},
		{cell.Network{Cell: cell.SizeCell(), Widths: cell.Widths{8, 16, 8, 8, 16}, Classes: 11}, "tensor classifier.weight is 10x16, the network needs 11x16, and 1 other tensor differs"},
	} {
		_, err := FromStateDict(test.network, p.StateDict())
		var mismatch *MismatchError
		if !errors.As(err, &mismatch) || err.Error() != test.want {
			t.Errorf("%v:\ngot  %v\nwant %s", test.network.Widths, err, test.want)
		}
	}
	// The cell gives zeros and has no tensors: what follows tells its width.
	zeros := cell.Network{Cell: parse(t, "|none~0|"), Widths: cell.Widths{4, 5, 6, 7, 8}, Classes: 2}
	if p, err = Initialize(zeros, 1); err != nil {
		t.Fatal(err)
	}
	if w, ok := WidthsOf(p.StateDict()); !ok || !slices.Equal(w, zeros.Widths) {
		t.Errorf("widths of cells without tensors are read off as %v, %v", w, ok)
	}
}

// A state dict of another cell is told in a line of readable length.
func TestMismatchIsShort(t *testing.T) {
	for _, c := range []struct {
		err  MismatchError
		want string
	}{
		{MismatchError{Missing: []string{"a"}}, "tensor a is missing"},
		{MismatchError{Missing: []string{"a", "b"}, Unexpected: []string{"c"}}, "tensor a is missing, tensor c is unexpected, and 1 other tensor differs"},
		{MismatchError{Misshaped: []string{"tensor x is 1, the network needs 2", "y"}, Missing: make([]string, 5), Unexpected: make([]string, 7)},
			"tensor x is 1, the network needs 2, tensor  is missing, tensor  is unexpected, and 11 other tensors differ"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
