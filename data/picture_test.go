package data

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/internal/inputfile"
)

func encodePNG(t testing.TB, m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// gradient has red from left to right, green from top to bottom, blue 77.
func gradient(width, height int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetNRGBA(x, y, color.NRGBA{byte(255 * x / width), byte(255 * y / height), 77, 255})
		}
	}
	return m
}

func TestPictureOfTheRightSizeIsExact(t *testing.T) {
	m := gradient(32, 32)
	pixels, err := DecodePicture(bytes.NewReader(encodePNG(t, m)), 32)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 32 * 32 {
		at := m.NRGBAAt(i%32, i/32)
		if pixels[i] != at.R || pixels[1024+i] != at.G || pixels[2048+i] != at.B {
			t.Fatalf("pixel %d is %d %d %d, want %v", i, pixels[i], pixels[1024+i], pixels[2048+i], at)
		}
	}
}

func TestPictureIsScaled(t *testing.T) {
	var wide bytes.Buffer
	if err := jpeg.Encode(&wide, gradient(300, 200), &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		content []byte
		// red at the left and right edge, green at the upper and lower one
		left, right, top, bottom int
	}{
		{"square", encodePNG(t, gradient(320, 320)), 4, 251, 4, 251},
		{"small", encodePNG(t, gradient(8, 8)), 0, 224, 0, 224},
		{"wide", wide.Bytes(), 46, 209, 4, 251}, // the middle 200 of 300 columns
		{"tall", encodePNG(t, gradient(100, 400)), 4, 251, 98, 158},
	} {
		pixels, err := DecodePicture(bytes.NewReader(c.content), 32)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		row, column := 16*32, 16
		for _, p := range []struct {
			at, want int
		}{{row, c.left}, {row + 31, c.right}, {1024 + column, c.top}, {1024 + 31*32 + column, c.bottom}, {2048 + row, 77}} {
			if got := int(pixels[p.at]); got < p.want-6 || got > p.want+6 {
				t.Errorf("%s: value %d is %d, want about %d", c.name, p.at, got, p.want)
			}
		}
	}
}

func TestPictureColourModels(t *testing.T) {
	const side = 4
	bounds := image.Rect(0, 0, side, side)
	clear := image.NewNRGBA(bounds) // black, wholly transparent
	half := image.NewNRGBA(bounds)
	gray := image.NewGray16(bounds)
	indexed := image.NewPaletted(bounds, color.Palette{color.NRGBA{10, 20, 30, 255}})
	for y := range side {
		for x := range side {
			half.SetNRGBA(x, y, color.NRGBA{255, 0, 0, 128})
			gray.SetGray16(x, y, color.Gray16{0x8080})
		}
	}
	for _, c := range []struct {
		name    string
		picture image.Image
		want    [3]byte
	}{
		{"transparent", clear, [3]byte{255, 255, 255}},
		{"half transparent", half, [3]byte{255, 127, 127}},
		{"gray of 16 bits", gray, [3]byte{128, 128, 128}},
		{"palette", indexed, [3]byte{10, 20, 30}},
	} {
		pixels, err := DecodePicture(bytes.NewReader(encodePNG(t, c.picture)), side)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for i, v := range pixels {
			if v != c.want[i/(side*side)] {
				t.Errorf("%s: value %d is %d, want %d", c.name, i, v, c.want[i/(side*side)])
				break
			}
		}
	}
}

func TestBrokenPictures(t *testing.T) {
	good := encodePNG(t, gradient(40, 40))
	huge := bytes.Clone(good)
	copy(huge[16:], []byte{0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff}) // width and height; the sum is wrong then
	for _, c := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"empty", nil, "no PNG or JPEG"},
		{"text", []byte("hello, this is no picture"), "no PNG or JPEG"},
		{"GIF", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), "no PNG or JPEG"},
		{"cut off", good[:len(good)/2], "not enough pixel data"},
		{"damaged header", huge, "checksum"},
		{"too many pixels", encodePNG(t, image.NewPaletted(image.Rect(0, 0, 1<<13, 1<<12+1), color.Palette{color.Black})), "8192 x 4097 pixels"},
		{"more pixels than the file can hold", cutPNG(t), "cut off"},
		{"too much memory", progressiveJPEG(t), "4096 x 4096 pixels of 15 bytes"},
		{"scan after scan", scannedJPEG(t, 2000), "2000 scans of 512 x 512 pixels"},
	} {
		if _, err := DecodePicture(bytes.NewReader(c.content), 32); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := DecodePicture(bytes.NewReader(good), 0); err == nil {
		t.Error("side 0 is accepted")
	}
}

// scannedJPEG returns a JPEG of 512 x 512 pixels with that many scans.
func scannedJPEG(t testing.TB, scans int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, gradient(512, 512), nil); err != nil {
		t.Fatal(err)
	}
	const end = 2 // bytes of the last marker
	content := b.Bytes()
	return slices.Concat(content[:b.Len()-end], bytes.Repeat([]byte{0xff, 0xda}, scans-1), content[b.Len()-end:])
}

// progressiveJPEG returns a JPEG that says to be progressive.
func progressiveJPEG(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 1<<12, 1<<12)), nil); err != nil {
		t.Fatal(err)
	}
	return bytes.Replace(b.Bytes(), []byte("\xff\xc0"), []byte("\xff\xc2"), 1)
}

// cutPNG returns the first bytes of a large picture.
func cutPNG(t testing.TB) []byte {
	return encodePNG(t, image.NewPaletted(image.Rect(0, 0, 1<<12, 1<<12), color.Palette{color.Black}))[:100]
}

func TestReadPictureNamesTheFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadPicture(filepath.Join(dir, "none.png"), 32); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "none.png") {
		t.Errorf("missing: %v", err)
	}
	bad := writeFile(t, []byte("x"), dir, "bad.png")
	if _, err := ReadPicture(bad, 32); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), bad) {
		t.Errorf("broken: %v", err)
	}
	large := writeFile(t, encodePNG(t, gradient(5, 5)), dir, "large.png")
	if err := os.Truncate(large, maxPictureFile+1); err != nil {
		t.Fatal(err)
	}
	var tooLarge *inputfile.TooLargeError
	if _, err := ReadPicture(large, 32); !errors.As(err, &tooLarge) || !strings.Contains(err.Error(), large) {
		t.Errorf("too large: %v", err)
	}
	good := writeFile(t, encodePNG(t, gradient(5, 5)), dir, "good.png")
	if pixels, err := ReadPicture(good, 16); err != nil || len(pixels) != 3*16*16 {
		t.Errorf("%d values, %v", len(pixels), err)
	}
}

func FuzzPicture(f *testing.F) {
	f.Add(encodePNG(f, gradient(5, 3)))
	var b bytes.Buffer
	if err := jpeg.Encode(&b, gradient(9, 9), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, content []byte) {
		pixels, err := DecodePicture(bytes.NewReader(content), 4)
		if err == nil && len(pixels) != 48 {
			t.Errorf("%d values", len(pixels))
		}
		if err != nil && !errors.Is(err, ErrFormat) {
			t.Errorf("error %v is not ErrFormat", err)
		}
	})
}
