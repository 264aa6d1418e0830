package data

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"testing"
)

// The sums are those of PyTorch 1.13:
//
//	v = torch.arange(256).view(1, 256).expand(3, 256).float().div(255)
//	v.sub_(mean).div_(std)   # float32, from Python floats x / 255
func TestNormalizerIsTorchvision(t *testing.T) {
	for dataset, want := range map[Dataset]string{
		CIFAR10Valid: "9a286f521ac78a02addc7fd747ff29b66d1dc8553adf183f340b3143d02405c9",
		CIFAR10:      "9a286f521ac78a02addc7fd747ff29b66d1dc8553adf183f340b3143d02405c9",
		CIFAR100:     "3561bd48710fa391c8f9984c1496c454481d823f324d5ada9c7772b56773638b",
		ImageNet16:   "495ccb448f71806692651f5c1bd6b9eb08079bcebfa5e04bd1683dfabbf01f09",
	} {
		pixels := make([]byte, 3*256)
		for i := range pixels {
			pixels[i] = byte(i)
		}
		got := make([]float32, len(pixels))
		dataset.Normalization().Normalizer().Image(got, pixels)
		if sum := sumFloats(got); sum != want {
			t.Errorf("%v: SHA-256 %s, want %s", dataset, sum, want)
		}
	}
}

// sumFloats returns the SHA-256 sum of the little-endian bits.
func sumFloats(v []float32) string {
	h := sha256.New()
	var b [4]byte
	for _, f := range v {
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(f))
		h.Write(b[:])
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func TestNormalizerPanicsOnWrongLengths(t *testing.T) {
	n := CIFAR10.Normalization().Normalizer()
	for _, c := range []struct{ dst, pixels int }{{3, 6}, {6, 3}, {4, 4}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%d values of %d pixels: no panic", c.dst, c.pixels)
				}
			}()
			n.Image(make([]float32, c.dst), make([]byte, c.pixels))
		}()
	}
}
