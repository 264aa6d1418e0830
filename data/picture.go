package data

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // what image.Decode reads
	_ "image/png"
	"io"

	"golang.org/x/image/draw"

	"cellnet/internal/inputfile"
)

// Bounds of what DecodePicture reads. Decoders take memory for as many pixels as a
// file announces.
const (
	maxPictureFile   = 64 << 20 // bytes
	maxPicturePixels = 1 << 25
	maxPictureMemory = 200 << 20 // bytes
	// A byte of DEFLATE holds at most 1032 bytes, of 8 pixels each; one of JPEG
	// holds fewer.
	maxPixelsPerByte = 8 * 1032
	// Every scan of a progressive JPEG may cost as much as the picture. libjpeg
	// writes 10.
	maxScans         = 12
	maxScannedPixels = 1 << 26 // of pictures of more scans than that
)

// Markers of JPEG; no coded data contain them.
const (
	startOfScan      = "\xff\xda" // before a scan
	progressiveFrame = "\xff\xc2" // before the sizes of a progressive picture
)

// bytesOfPixel is what a decoder takes for a pixel.
func bytesOfPixel(content []byte, config image.Config, format string) int {
	switch {
	case format == "jpeg" && bytes.Contains(content, []byte(progressiveFrame)):
		return 3 * (4 + 1) // coefficients and numbers
	case format == "jpeg":
		return 4
	}
	size := 4
	switch config.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model:
		size = 8
	}
	const interlacing = 28 // where the file says so
	if content[interlacing] != 0 {
		size += size / 2 // a pass beside the picture
	}
	return size
}

// ReadPicture is [DecodePicture] for a file.
func ReadPicture(path string, side int) ([]byte, error) {
	content, err := inputfile.Read(path, maxPictureFile)
	if err != nil {
		return nil, fmt.Errorf("reading picture: %w", err)
	}
	pixels, err := decodePicture(content, side)
	if err != nil {
		return nil, fmt.Errorf("reading picture %s: %w", path, err)
	}
	return pixels, nil
}

// DecodePicture reads a PNG or JPEG picture of up to 33 million pixels, 13
// million of a progressive JPEG, 17 to 26 of a PNG of 16 bits, and returns it as the pixels of one image of side x side, as [NewImages] and
// [Normalizer.Image] take it. Of a picture that is not square the middle is
// taken. It is scaled by a bicubic filter, and only if it is not of that size
// already. What is transparent shows white.
func DecodePicture(r io.Reader, side int) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, maxPictureFile+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxPictureFile {
		return nil, brokenf("larger than %d bytes", maxPictureFile)
	}
	return decodePicture(content, side)
}

func decodePicture(content []byte, side int) ([]byte, error) {
	if side < 1 || side > 1<<10 {
		return nil, fmt.Errorf("image of side %d is wanted, must be 1 to 1024", side)
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return nil, brokenf("no PNG or JPEG picture: %v", err)
	}
	if config.Width < 1 || config.Height < 1 || config.Width > maxPicturePixels/config.Height {
		return nil, brokenf("%d x %d pixels, want 1 to %d in all", config.Width, config.Height, maxPicturePixels)
	}
	if config.Width*config.Height/maxPixelsPerByte > len(content) {
		return nil, brokenf("%d x %d pixels in a file of %d bytes: cut off", config.Width, config.Height, len(content))
	}
	if size := bytesOfPixel(content, config, format); config.Width*config.Height > maxPictureMemory/size {
		return nil, brokenf("%d x %d pixels of %d bytes in memory, want %d MiB at most: make the picture smaller", config.Width, config.Height, size, maxPictureMemory>>20)
	}
	if scans := bytes.Count(content, []byte(startOfScan)); scans > maxScans && scans > maxScannedPixels/(config.Width*config.Height) {
		return nil, brokenf("%d scans of %d x %d pixels, more than any program writes", scans, config.Width, config.Height)
	}
	picture, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, brokenf("%v", err)
	}
	return planes(fit(picture, side)), nil
}

// fit returns the middle square of a picture, scaled to the side, on white.
func fit(picture image.Image, side int) *image.RGBA {
	bounds := picture.Bounds()
	edge := min(bounds.Dx(), bounds.Dy())
	corner := bounds.Min.Add(image.Pt((bounds.Dx()-edge)/2, (bounds.Dy()-edge)/2))
	square := image.Rectangle{corner, corner.Add(image.Pt(edge, edge))}
	out := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	if edge == side {
		draw.Draw(out, out.Bounds(), picture, corner, draw.Over)
	} else {
		draw.CatmullRom.Scale(out, out.Bounds(), picture, square, draw.Over, nil)
	}
	return out
}

// planes returns the red, green and blue plane of an opaque picture.
func planes(m *image.RGBA) []byte {
	n := m.Rect.Dx() * m.Rect.Dy()
	out := make([]byte, 3*n)
	for i := range n {
		for c := range 3 {
			out[c*n+i] = m.Pix[4*i+c]
		}
	}
	return out
}
