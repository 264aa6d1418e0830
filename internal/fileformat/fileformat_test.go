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
		{"cut legacy", TorchMagic[:9], Pickle, ""},
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
		{"text", "hello", Unknown, ""},
	} {
		got, err := Of(strings.NewReader(c.content), int64(len(c.content)))
		if err != nil || got != c.want || !strings.Contains(got.Explain(), c.explain) || c.explain == "" && got.Explain() != "" {
			t.Errorf("%s: %d, %q, %v; want %d, %q", c.name, got, got.Explain(), err, c.want, c.explain)
		}
	}
}
