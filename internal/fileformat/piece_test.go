package fileformat

import "testing"

func TestPiece(t *testing.T) {
	for name, want := range map[string]bool{
		"a.taraa": true, "NATS.pickle.tarab": true, "a.tar": false, "a.tara": false, "a.tar1a": false, "a.pth": false, "taraa": false, "": false,
	} {
		if got := Piece(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
