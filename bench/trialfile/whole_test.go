package trialfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"cellnet/data"
	"cellnet/weights"
)

func TestCheckWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), Name(5, 777))
	if err := CheckWhole(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	for _, format := range []weights.Format{weights.Zip, weights.Legacy} {
		if err := WriteFile(path, Contents{Trainings: []Training{invented(t, data.CIFAR10)}}, format); err != nil {
			t.Fatal(err)
		}
		if err := CheckWhole(path); err != nil {
			t.Errorf("%v: %v", format, err)
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		zeros := append(append([]byte{}, whole[:len(whole)/2]...), make([]byte, len(whole)-len(whole)/2)...)
		for name, content := range map[string][]byte{
			"nothing": nil, "a byte less": whole[:len(whole)-1], "half": whole[:len(whole)/2], "text": []byte("trial"),
			"zeros": make([]byte, len(whole)),
		} {
			if err := os.WriteFile(path, content, 0o666); err != nil {
				t.Fatal(err)
			}
			if err := CheckWhole(path); !errors.Is(err, ErrDamaged) {
				t.Errorf("%v, %s: %v", format, name, err)
			}
		}
		if err := os.WriteFile(path, zeros, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := CheckWhole(path); format == weights.Zip && !errors.Is(err, ErrDamaged) {
			t.Errorf("zeros at the end: %v", err)
		}
	}
}
