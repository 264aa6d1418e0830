package draw

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/cell"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// drawn are the cells with golden files: the README's; one with edges that don't
// matter; repeated edges; more nodes, and edges that pass each other.
var drawn = map[string]string{
	"readme":   "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
	"pale":     "|none~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|none~0|nor_conv_1x1~1|none~2|",
	"all_full": "all_full",
	"six_nodes": "|nor_conv_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_3x3~2|" +
		"+|skip_connect~0|nor_conv_3x3~3|nor_conv_3x3~3|+|nor_conv_1x1~1|avg_pool_3x3~2|skip_connect~4|",
}

func resolve(t *testing.T, s string) cell.Cell {
	t.Helper()
	c, err := cell.Resolve(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestGolden(t *testing.T) {
	for name, s := range drawn {
		c := resolve(t, s)
		for ext, write := range map[string]func(io.Writer, Diagram) error{".dot": DOT, ".svg": SVG} {
			t.Run(name+ext, func(t *testing.T) {
				var got bytes.Buffer
				if err := write(&got, Cell(c)); err != nil {
					t.Fatal(err)
				}
				file := filepath.Join("testdata", name+ext)
				if *update {
					if err := os.WriteFile(file, got.Bytes(), 0o666); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got.Bytes(), want) {
					t.Errorf("differs from %s; if the new picture is right, run go test -update", file)
				}
			})
		}
	}
}

func TestSVGIsXMLWithAllLabels(t *testing.T) {
	c := resolve(t, drawn["six_nodes"])
	var b bytes.Buffer
	if err := SVG(&b, Cell(c)); err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]int)
	for d := xml.NewDecoder(&b); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := token.(xml.CharData); ok {
			texts[strings.TrimSpace(string(s))]++
		}
	}
	want := map[string]int{"input": 1, "1": 1, "2": 1, "3": 1, "4": 1, "output": 1}
	for _, e := range c.Edges() {
		want[e.Op.String()]++
	}
	for text, n := range want {
		if texts[text] != n {
			t.Errorf("%q is there %d times, want %d", text, texts[text], n)
		}
	}
}

func TestPNG(t *testing.T) {
	c := resolve(t, drawn["readme"])
	var b bytes.Buffer
	if err := PNG(&b, Cell(c)); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	l := newLayout(Cell(c).cells[0])
	const scale = pngDPI / 72.0
	size := img.Bounds().Size()
	if math.Abs(float64(size.X)-l.width*scale) > 1 || math.Abs(float64(size.Y)-l.height*scale) > 1 {
		t.Errorf("size %v, layout %.0f x %.0f points", size, l.width, l.height)
	}
	pixels := countColors(img)
	for name, c := range map[string]color.NRGBA{
		"ground": {0xff, 0xff, 0xff, 0xff}, "end node": nodeFill(true), "inner node": nodeFill(false),
		"skip_connect": opColor(cell.SkipConnect), "nor_conv_3x3": opColor(cell.NorConv3x3), "avg_pool_3x3": opColor(cell.AvgPool3x3),
	} {
		if pixels[c] < 200 {
			t.Errorf("%s: only %d pixels", name, pixels[c])
		}
	}
	if n := pixels[opColor(cell.NorConv1x1)]; n > 0 {
		t.Errorf("%d pixels in the colour of an operation that the cell lacks", n)
	}
}

func countColors(img image.Image) map[color.NRGBA]int {
	pixels := make(map[color.NRGBA]int)
	r := img.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			pixels[color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)]++
		}
	}
	return pixels
}

func TestTooLarge(t *testing.T) {
	manyEdges := resolve(t, "|none~0"+strings.Repeat("|none~0", maxEdges)+"|")
	tall := resolve(t, "|none~0"+strings.Repeat("|none~0", maxEdges-1)+"|")
	for name, tt := range map[string]struct {
		write func(io.Writer, Diagram) error
		cell  cell.Cell
		want  error
	}{
		"SVG":           {SVG, manyEdges, ErrTooLarge},
		"PNG":           {PNG, manyEdges, ErrTooLarge},
		"DOT":           {DOT, manyEdges, nil},
		"SVG of a tall": {SVG, tall, nil},
		"PNG of a tall": {PNG, tall, ErrTooLarge},
		"SVG of none":   {SVG, cell.Cell{}, errNoCell},
		"PNG of none":   {PNG, cell.Cell{}, errNoCell},
		"DOT of none":   {DOT, cell.Cell{}, errNoCell},
	} {
		var b bytes.Buffer
		if err := tt.write(&b, Cell(tt.cell)); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
		if tt.want != nil && b.Len() > 0 {
			t.Errorf("%s: wrote %d bytes and failed", name, b.Len())
		}
	}
}

type failingWriter struct{}

var errFull = errors.New("disk full")

func (failingWriter) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrors(t *testing.T) {
	c := resolve(t, drawn["readme"])
	for name, write := range map[string]func(io.Writer, Diagram) error{"DOT": DOT, "SVG": SVG, "PNG": PNG} {
		if err := write(failingWriter{}, Cell(c)); !errors.Is(err, errFull) {
			t.Errorf("%s: got %v, want %v", name, err, errFull)
		}
	}
}
