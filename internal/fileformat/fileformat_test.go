package fileformat

import (
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		name, content string
		want          Format
		explain       string
	}{
		{"nothing", "", Empty, "empty"},
		{"zip", "PK\x03\x04rest", TorchZip, ""},
		{"legacy", TorchMagic + "\x80\x02M\xe9\x03.", TorchLegacy, ""},
		{"legacy in protocol 4", "\x80\x04\x95\x0d\x00\x00\x00\x00\x00\x00\x00" + TorchMagic[2:], TorchLegacy, ""},
		{"legacy in protocol 3", "\x80\x03" + TorchMagic[2:], TorchLegacy, ""},
		{"legacy in protocol 1", "L119547037146038801333356L\n.M\xe9\x03.", TorchLegacy, ""},
		{"cut legacy", TorchMagic[:9], Pickle, ""},
		{"pickle of protocol 0 that begins with a class", "ccopy_reg\n_reconstructor\np0\n", Pickle, ""},
		{"text of lines", "cell of\nmine\n", Unknown, ""},
		{"pickle", "\x80\x04N.", Pickle, ""},
		{"pickle of protocol 0", "(dp0\nS'a'\n", Pickle, ""},
		{"bzip2", "BZh91AY", Bzip2, ""},
		{"safetensors", "\x10\x00\x00\x00\x00\x00\x00\x00{\"a\"", Safetensors, ""},
		{"parquet", "PAR1....", Parquet, ""},
		{"gzip", "\x1f\x8b\x08", Gzip, "gzip"},
		{"tar", strings.Repeat("\x00", 257) + "ustar\x00", Tar, "tar archive"},
		{"page", "<!DOCTYPE html><html>", HTML, "download failed"},
		{"page after blanks", "\n  <HTML>", HTML, "download failed"},
		{"XHTML page", "<?xml version=\"1.0\"?>\n<html xmlns=\"...\">", HTML, "download failed"},
		{"drawing", "<?xml version=\"1.0\"?>\n<svg>", Unknown, ""},
		{"pointer", "version https://git-lfs.github.com/spec/v1\noid", LFSPointer, "LFS pointer"},
		{"page after a comment", "<!-- x -->\n<!doctype HTML>", HTML, "download failed"},
		{"page without its first line", "<head><title>Virus scan warning</title>", HTML, "download failed"},
		{"answer in XML", "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", XML, "server answered"},
		{"answer in JSON", "{\n \"error\": {}}", JSON, "server answered"},
		{"xz", "\xfd7zXZ\x00", XZ, "packed with xz"},
		{"zstd", "\x28\xb5\x2f\xfd", Zstandard, "packed with zstd"},
		{"7z", "7z\xbc\xaf\x27\x1c", SevenZip, "packed with 7z"},
		{"rar", "Rar!\x1a\x07\x01", RAR, "packed with rar"},
		{"HDF5", "\x89HDF\r\n\x1a\n", HDF5, "HDF5"},
		{"zeros", strings.Repeat("\x00", 600), Zeros, "not complete"},
		{"an unfinished comment", "<!-- x", Unknown, ""},
		{"text", "hello", Unknown, ""},
	} {
		got, err := Of(strings.NewReader(c.content), int64(len(c.content)))
		if err != nil || got != c.want || !strings.Contains(got.Explain(), c.explain) || c.explain == "" && got.Explain() != "" {
			t.Errorf("%s: %d, %q, %v; want %d, %q", c.name, got, got.Explain(), err, c.want, c.explain)
		}
	}
}
