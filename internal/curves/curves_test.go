package curves

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"
)

func panels() []Panel {
	return []Panel{
		{Title: "Loss", Unit: "cross entropy", Falling: true, Curves: []Curve{
			{Name: "training", Values: []float64{2, 1.5, math.NaN(), 1}},
			{Name: "ori-test", Values: []float64{2.1, math.Inf(1), 1.4, 1.2}, Dashed: true},
		}},
		{Title: "Accuracy", Unit: "top-1 in percent", Curves: []Curve{
			{Name: "one epoch", Values: []float64{10}},
			{Name: "nothing"},
			{Name: "long", Values: make([]float64, 200)},
		}},
	}
}

func TestSVG(t *testing.T) {
	var b bytes.Buffer
	if err := SVG(&b, panels()...); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(bytes.NewReader(b.Bytes()))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"Loss", "cross entropy", "training", "ori-test", "epoch", "Accuracy"} {
		if !strings.Contains(b.String(), ">"+text+"<") {
			t.Errorf("%q is not in the picture", text)
		}
	}
	var again bytes.Buffer
	if err := SVG(&again, panels()...); err != nil || again.String() != b.String() {
		t.Errorf("a second drawing differs (%v)", err)
	}
}

func TestPNG(t *testing.T) {
	var b bytes.Buffer
	if err := PNG(&b, panels()...); err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	size := picture.Bounds().Size()
	if size.X < 2*size.Y || size.Y < 400 {
		t.Errorf("picture of %v", size)
	}
	colours := map[[3]uint32]bool{}
	for y := range size.Y {
		for x := range size.X {
			r, g, b, _ := picture.At(x, y).RGBA()
			colours[[3]uint32{r >> 8, g >> 8, b >> 8}] = true
		}
	}
	for _, want := range [][3]uint32{{0x00, 0x72, 0xb2}, {0xd5, 0x5e, 0x00}} {
		if !colours[want] {
			t.Errorf("no curve of the colour %x", want)
		}
	}
}

func TestNoPanels(t *testing.T) {
	if err := SVG(io.Discard); err == nil {
		t.Error("no panels give no error")
	}
}

func TestEmptyPanel(t *testing.T) {
	if err := SVG(io.Discard, Panel{Title: "empty"}); err != nil {
		t.Error(err)
	}
}
