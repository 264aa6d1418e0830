package weights_test

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"cellnet/weights"
)

func TestFloat16(t *testing.T) {
	for bits := range 1 << 16 {
		data := binary.LittleEndian.AppendUint16(nil, uint16(bits))
		got, err := weights.Tensor{DType: weights.Float16, Shape: []int{1}, Data: data}.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		sign, exponent, fraction := 1-2*(bits>>15), bits>>10&31, bits&1023
		want := float64(sign) * math.Ldexp(float64(1024+fraction), exponent-25)
		switch {
		case exponent == 0:
			want = math.Copysign(math.Ldexp(float64(fraction), -24), float64(sign))
		case exponent == 31 && fraction == 0:
			want = math.Inf(sign)
		case exponent == 31:
			want = math.NaN()
		}
		if float64(got[0]) != want && !(math.IsNaN(want) && got[0] != got[0]) || math.Signbit(float64(got[0])) != (sign < 0) {
			t.Fatalf("bits %04x are %v, want %v", bits, got[0], want)
		}
	}
}

func TestFloat32s(t *testing.T) {
	double := func(v ...float64) (data []byte) {
		for _, x := range v {
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(x))
		}
		return data
	}
	for _, c := range []struct {
		name   string
		tensor weights.Tensor
		want   []float32
	}{
		{"float32", weights.NewFloat32([]int{2, 1}, []float32{1.5, -3}), []float32{1.5, -3}},
		{"float64", weights.Tensor{DType: weights.Float64, Shape: []int{2}, Data: double(0.1, 1e300)}, []float32{0.1, float32(math.Inf(1))}},
		{"bfloat16", weights.Tensor{DType: weights.BFloat16, Shape: []int{2}, Data: []byte{0x80, 0x3f, 0x20, 0xc1}}, []float32{1, -10}},
		{"empty", weights.NewFloat32([]int{0, 3}, nil), []float32{}},
	} {
		got, err := c.tensor.Float32s()
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, %v; want %v", c.name, got, err, c.want)
		}
		if _, err := c.tensor.Int64s(); err == nil && c.tensor.Len() > 0 {
			t.Errorf("%s: read as integers", c.name)
		}
	}
}

func TestInt64s(t *testing.T) {
	for _, c := range []struct {
		dtype weights.DType
		data  []byte
		want  []int64
	}{
		{weights.Int32, []byte{0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0}, []int64{-1, 1}},
		{weights.Int16, []byte{0xfe, 0xff}, []int64{-2}},
		{weights.Int8, []byte{0x80, 0x7f}, []int64{-128, 127}},
		{weights.Uint8, []byte{0x80, 0xff}, []int64{128, 255}},
		{weights.Bool, []byte{0, 1}, []int64{0, 1}},
	} {
		tensor := weights.Tensor{DType: c.dtype, Shape: []int{len(c.want)}, Data: c.data}
		got, err := tensor.Int64s()
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v: got %v, %v; want %v", c.dtype, got, err, c.want)
		}
		if _, err := tensor.Float32s(); err == nil {
			t.Errorf("%v: read as floats", c.dtype)
		}
	}
	want := []int64{math.MinInt64, -1, 0, math.MaxInt64}
	if got, err := weights.NewInt64([]int{4}, want).Int64s(); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func TestTensorWithWrongData(t *testing.T) {
	for _, tensor := range []weights.Tensor{
		{DType: weights.Float32, Shape: []int{2}, Data: make([]byte, 7)},
		{DType: weights.Int64, Shape: []int{-1}, Data: nil},
		{DType: 99, Shape: nil, Data: []byte{0}},
	} {
		if _, err := tensor.Float32s(); err == nil {
			t.Errorf("%v: read as floats", tensor)
		}
		if _, err := tensor.Int64s(); err == nil {
			t.Errorf("%v: read as integers", tensor)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a tensor of three values and shape 2x2 was made")
		}
	}()
	weights.NewFloat32([]int{2, 2}, make([]float32, 3))
}

func TestNonFinite(t *testing.T) {
	s := everyType() // of finite numbers
	for name, x := range s.All() {
		if x.DType.IsFloat() { // whose patterns need not be
			clear(x.Data)
			s.Set(name, x)
		}
	}
	if bad := s.NonFinite(); bad != nil {
		t.Errorf("%v hold no finite numbers", bad)
	}
	s.Set("nan", weights.NewFloat32([]int{3}, []float32{0, 1, float32(math.NaN())}))
	s.Set("inf", weights.NewFloat32([]int{1}, []float32{float32(math.Inf(-1))}))
	s.Set("half", weights.Tensor{DType: weights.Float16, Shape: []int{1}, Data: []byte{0, 0x7c}})
	s.Set("brain", weights.Tensor{DType: weights.BFloat16, Shape: []int{1}, Data: []byte{0, 0x7f}})
	s.Set("brain nan", weights.Tensor{DType: weights.BFloat16, Shape: []int{1}, Data: []byte{0x80, 0xff}})
	s.Set("double", weights.Tensor{DType: weights.Float64, Shape: []int{1}, Data: []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x7f}})
	s.Set("large", weights.NewFloat32(nil, []float32{math.MaxFloat32}))
	if bad, want := s.NonFinite(), []string{"nan", "inf", "half", "brain nan", "double"}; !slices.Equal(bad, want) {
		t.Errorf("got %v, want %v", bad, want)
	}
}

func TestStateDictKeepsOrder(t *testing.T) {
	s := new(weights.StateDict)
	for _, name := range []string{"b", "a", "c", "b"} {
		s.Set(name, weights.NewInt64(nil, []int64{int64(s.Len())}))
	}
	if names := s.Names(); !slices.Equal(names, []string{"b", "a", "c"}) || s.Len() != 3 {
		t.Errorf("names %v", names)
	}
	b, _ := s.Get("b")
	if v, err := b.Int64s(); err != nil || v[0] != 3 {
		t.Errorf("b is %v, %v; want what was set last", v, err)
	}
	if _, ok := s.Get("d"); ok {
		t.Error("d is there")
	}
}
