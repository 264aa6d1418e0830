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

var calls = []*call{&convCall, &weightGradCall}

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
	{"rows", "int", "changed by the routine"},
	{"cols", "int", ""},
}}
