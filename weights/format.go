package weights

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Format is a file format.
type Format uint8

// The formats. Only the first three are written.
const (
	Legacy        Format = iota + 1 // torch.save before PyTorch 1.6
	Zip                             // torch.save since
	Safetensors                     // of the safetensors library
	Pickle                          // a Python pickle by itself
	Bzip2Pickle                     // one packed with bzip2, as NATS-Bench has them
	unknownFormat Format = 0
)

var formatNames = [...]string{
	unknownFormat: "unknown", Legacy: "legacy", Zip: "zip", Safetensors: "safetensors",
	Pickle: "pickle", Bzip2Pickle: "bzip2 pickle",
}

// String names the format: "legacy", "zip", "safetensors", "pickle" or
// "bzip2 pickle".
func (f Format) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return fmt.Sprintf("Format(%d)", uint8(f))
}

// ParseFormat reads the name of a format that is written.
func ParseFormat(name string) (Format, error) {
	for _, f := range []Format{Legacy, Zip, Safetensors} {
		if name == f.String() {
			return f, nil
		}
	}
	return unknownFormat, fmt.Errorf("unknown format %.40q, want legacy, zip or safetensors", name)
}

// FormatOf gives the format to write a file of that name in, by its extension:
// Zip for .pth, .pt and .bin, Safetensors for .safetensors.
func FormatOf(name string) (Format, error) {
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".pth", ".pt", ".bin":
		return Zip, nil
	case ".safetensors":
		return Safetensors, nil
	default:
		return unknownFormat, fmt.Errorf("file extension %.40q tells no format, want .pth, .pt or .safetensors", ext)
	}
}
