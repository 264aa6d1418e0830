package main

// call describes a struct of arguments: every field has eight bytes.
type call struct {
	name, doc string
	fields    []field
}

type field struct{ name, kind, doc string }

const pointer = "unsafe.Pointer"

// offset returns the place of a field in bytes.
func (c *call) offset(name string) int {
	for i, f := range c.fields {
		if f.name == name {
			return 8 * i
		}
	}
	panic("no field " + name + " in " + c.name)
}

var calls = []*call{&convCall, &weightGradCall, &affineCall, &sumsCall, &maskedSumCall, &poolCall, &winogradInputCall, &winogradTileCall, &winogradWeightCall, &peakCall, &depthwiseCall, &addRowsCall, &gramCall, &positiveBitsCall}

var convCall = call{"convCall", "convCall is a convolution of one image; pitches are in bytes.", []field{
	{"in", pointer, "first tap's pixel of the first output pixel"},
	{"w", pointer, "weights [tap][in][...]"},
	{"out0", pointer, "first pixel of each block of output channels"},
	{"out1", pointer, ""},
	{"out2", pointer, ""},
	{"taps", pointer, "offset of each tap, in numbers"},
	{"ntaps", "int", ""},
	{"nin", "int", "input channels"},
	{"inPixel", "int", ""},
	{"inRow", "int", ""},
	{"outPixel", "int", ""},
	{"outRow", "int", ""},
	{"pitch", "int", "of w, from one input channel to the next"},
	{"rows", "int", "changed by the routine, as all that follows cols and add"},
	{"cols", "int", ""},
	{"add", "int", "nonzero to add to out"},
	{"wRow", "int", "of w, from one row to the next"},
	{"rowW", "int", "offset of the row's weights: 0"},
	{"rowIn", "int", "address of the row in the input"},
	{"rowOut", "int", "offset of the row in out: 0"},
	{"tileIn", "int", "the same of the tile"},
	{"tileOut", "int", ""},
	{"left", "int", "columns that are left in the row"},
}}

var weightGradCall = call{"weightGradCall", "weightGradCall is the gradient of some input channels' weights; pitches are in bytes.", []field{
	{"dw", pointer, "gradient of the first input channel's weights"},
	{"in", pointer, "input of the first output pixel"},
	{"dz", pointer, "gradient of the first output pixel"},
	{"pitch", "int", "of dw, from one input channel to the next"},
	{"tapPitch", "int", "of dw, from one tap to the next"},
	{"inPixel", "int", ""},
	{"inRow", "int", ""},
	{"dzPixel", "int", ""},
	{"dzRow", "int", ""},
	{"rows", "int", ""},
	{"cols", "int", ""},
	{"variant", "int", ""},
}}

var affineCall = call{"affineCall", "affineCall is a sum of images; a nil shift is zero, a nil scale one.", append([]field{
	{"dst", pointer, ""},
	{"shift", pointer, ""},
	{"x0", pointer, ""},
	{"x1", pointer, ""},
	{"x2", pointer, ""},
	{"x3", pointer, ""},
	{"scale0", pointer, ""},
	{"scale1", pointer, ""},
	{"scale2", pointer, ""},
	{"scale3", pointer, ""},
	{"variant", "int", ""},
	{"one", "int", "bits of the float32 1"},
	{"share", "int", "bits of a float32"},
}, planeFields...)}

var sumsCall = call{"sumsCall", "sumsCall is a reduction over pixels to two sums a channel.", append([]field{
	{"first", pointer, ""},
	{"second", pointer, ""},
	{"x", pointer, ""},
	{"dy", pointer, ""},
	{"center", pointer, "subtracted from x"},
	{"pixels", "int", ""},
}, imageFields...)}

var maskedSumCall = call{"maskedSumCall", "maskedSumCall is a sum of images.", []field{
	{"dst", pointer, ""},
	{"g", pointer, ""},
	{"y", pointer, ""},
	{"x0", pointer, ""},
	{"x1", pointer, ""},
	{"x2", pointer, ""},
	{"bytes", "int", ""},
	{"variant", "int", ""},
}}

var poolCall = call{"poolCall", "poolCall is rows of an average pool that have the same weights; weights and shares are bits of a float32.", append([]field{
	{"dst", pointer, ""},
	{"x0", pointer, "three rows, of the first row of dst"},
	{"x1", pointer, ""},
	{"x2", pointer, ""},
	{"weight0", "int", "of each row"},
	{"weight1", "int", ""},
	{"weight2", "int", ""},
	{"variant", "int", ""},
	{"edge", "int", "share of the first and the last column"},
	{"middle", "int", "share of the other columns"},
	{"rows", "int", ""},
	{"cols", "int", ""},
	{"row", "int", "rows that are left"},
}, imageFields...)}

var winogradInputCall = call{"winogradInputCall", "winogradInputCall is rows of tiles of the input of some images; pitches are in bytes.", []field{
	{"v", pointer, "the first tile at the first position"},
	{"in", pointer, "the first image"},
	{"zeros", pointer, "a row of zeros"},
	{"pitch", "int", "of v, from one position to the next"},
	{"tile", "int", "of v, from one tile to the next"},
	{"pixel", "int", "of in"},
	{"row", "int", "of in"},
	{"image", "int", "of in"},
	{"rows", "int", "pixels of an image"},
	{"cols", "int", ""},
	{"firstRow", "int", "row of pixels above the first row of tiles"},
	{"tileRows", "int", "rows of tiles of each image"},
	{"tileCols", "int", ""},
	{"images", "int", "changed by the routine, as is all that follows floor and pixelVectors"},
	{"floor", "int", "bits of the float32 0 for a ReLU, -Inf for none"},
	{"pixelVectors", "int", "vectors in a pixel"},
	{"y", "int", "row of pixels above the current row of tiles"},
	{"tileRow", "int", "rows of tiles that are left in the image"},
	{"tiles", "int", "tiles that are left in the row"},
	{"channel", "int", "offset of the current channels"},
	{"vectors", "int", "vectors that are left in the pixel"},
	{"inAt", "int", "address of the image"},
	{"vAt", "int", "offset of the current row of tiles in v: 0"},
	{"row0", "int", "addresses of the rows of pixels"},
	{"row1", "int", ""},
	{"row2", "int", ""},
	{"row3", "int", ""},
	{"row4", "int", ""},
	{"row5", "int", ""},
}}

var winogradTileCall = call{"winogradTileCall", "winogradTileCall is complete tiles of one block of channels of the output of some images; pitches are in bytes.", []field{
	{"m", pointer, "the first tile at the first position"},
	{"plane", pointer, "its first pixel"},
	{"pitch", "int", "of m, from one position to the next"},
	{"tile", "int", "of m, from one tile to the next"},
	{"tileRow", "int", "of m, from one row of tiles to the next"},
	{"mSkip", "int", "of m, from behind the last row of tiles to the next image"},
	{"pixel", "int", "of plane"},
	{"row", "int", "of plane"},
	{"image", "int", "of plane"},
	{"tileCols", "int", ""},
	{"tileRows", "int", "of each image"},
	{"images", "int", "changed by the routine, as is all that follows add"},
	{"add", "int", "nonzero to add to plane"},
	{"rows", "int", "rows of tiles that are left in the image"},
	{"mAt", "int", "offset of the row of tiles in m: 0"},
	{"imageAt", "int", "offset of the image in plane: 0"},
	{"rowAt", "int", "offset of the row of tiles in plane"},
}}

var winogradWeightCall = call{"winogradWeightCall", "winogradWeightCall is weights and what they are in the transform's domain; pitches are in bytes.", []field{
	{"w", pointer, ""},
	{"u", pointer, ""},
	{"tap", "int", "of w, from one tap to the next"},
	{"position", "int", "of u, from one position to the next"},
	{"wPitch", "int", "of w, from one input channel to the next"},
	{"uPitch", "int", "the same of u"},
	{"in", "int", "input channels"},
	{"channel", "int", "offset of the first output channel: 0"},
	{"blocks", "int", "vectors of output channels, changed by the routine"},
}}

var peakCall = call{"peakCall", "peakCall is a loop of arithmetic.", []field{{"n", "int", "repetitions"}}}

var addRowsCall = call{"addRowsCall", "addRowsCall is a vector of float64 times a matrix.", []field{
	{"dst", pointer, ""},
	{"x", pointer, ""},
	{"rows", pointer, ""},
	{"count", "int", "of x"},
	{"pitch", "int", "bytes of a row"},
	{"vectors", "int", "of dst"},
}}

var gramCall = call{"gramCall", "gramCall is the inner products of some rows of float32 with others.", []field{
	{"sums", pointer, "a vector of float64 for each pair"},
	{"a", pointer, "first row of some"},
	{"b", pointer, "first row of the others"},
	{"pitch", "int", "bytes from one row to the next"},
	{"count", "int", "vectors of float64 in a row"},
}}

var positiveBitsCall = call{"positiveBitsCall", "positiveBitsCall is a bit for each number.", []field{
	{"dst", pointer, ""},
	{"x", pointer, ""},
	{"vectors", "int", "of x"},
}}
