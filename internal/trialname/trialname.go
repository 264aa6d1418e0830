// Package trialname has the names of trial files: what the published training
// programs call the file of an architecture and a seed.
package trialname

import (
	"fmt"
	"regexp"
	"strconv"
)

// Of is the name of the trial file of an architecture, by its index, and a seed.
func Of(arch int, seed uint32) string { return Stem(arch, seed) + ".pth" }

// Stem is the name without its extension.
func Stem(arch int, seed uint32) string { return fmt.Sprintf("arch-%06d-seed-%04d", arch, seed) }

// Parse reads what Of gives: an index of six digits and a seed of four to ten.
func Parse(name string) (arch int, seed uint32, ok bool) {
	m := regexp.MustCompile(`^arch-(\d{6})-seed-(\d{4,10})\.pth$`).FindStringSubmatch(name)
	if m == nil {
		return 0, 0, false
	}
	arch, _ = strconv.Atoi(m[1])
	n, err := strconv.ParseUint(m[2], 10, 32)
	if err != nil || Of(arch, uint32(n)) != name {
		return 0, 0, false
	}
	return arch, uint32(n), true
}
