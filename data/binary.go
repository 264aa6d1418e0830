package data

const (
	cifarSide = 32
	cifarSize = 3 * cifarSide * cifarSide
)

// decodeCIFAR10Binary reads the .bin layout of CIFAR-10: per image a label and
// 3072 pixels, planar.
func decodeCIFAR10Binary(content []byte) (*Images, error) {
	return decodeBinary(content, 1, CIFAR10.Classes())
}

// decodeCIFAR100Binary reads the .bin layout of CIFAR-100: per image the label
// of one of 20 coarse classes, that of one of 100 fine classes, and the pixels.
func decodeCIFAR100Binary(content []byte) (*Images, error) {
	return decodeBinary(content, 2, CIFAR100.Classes())
}

// decodeBinary reads records of some label bytes, of which the last one counts,
// and an image.
func decodeBinary(content []byte, labelBytes, classes int) (*Images, error) {
	record := labelBytes + cifarSize
	n := len(content) / record
	if n == 0 || len(content)%record != 0 {
		return nil, brokenf("%d bytes, want a multiple of %d: cut off, or no binary CIFAR file", len(content), record)
	}
	pixels, labels := make([][]byte, n), make([]int, n)
	for i := range n {
		r := content[i*record : (i+1)*record : (i+1)*record]
		labels[i] = int(r[labelBytes-1])
		pixels[i] = r[labelBytes:]
	}
	m := &Images{side: cifarSide, pixels: pixels, labels: labels}
	return m, m.check(classes)
}
