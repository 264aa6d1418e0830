package cell_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"cellnet/cell"
)

// TestSpellings writes every cell of the benchmark in all spellings and reads it
// back, by its prefix and without it.
func TestSpellings(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 97
	}
	for index, c := range cell.All() {
		if index%step != 0 {
			continue
		}
		for _, s := range cell.Spellings() {
			text, err := s.Spell(c)
			if err != nil {
				t.Fatal(err)
			}
			if back, err := cell.Resolve(s.String() + ":" + text); err != nil || !back.Equal(c) {
				t.Fatalf("%v:%s: %v, %v", s, text, back, err)
			}
			back, err := cell.Resolve(text)
			var ambiguous *cell.AmbiguousError
			switch {
			case errors.As(err, &ambiguous):
				if len(ambiguous.Cells) < 2 || s != cell.OpDigits && s != cell.NASLib && s != cell.NASLibOneHot {
					t.Fatalf("%v %s: %v", s, text, err)
				}
				found := false
				for i, reading := range ambiguous.Cells {
					again, err := cell.Resolve(ambiguous.Prefixes[i] + ":" + text)
					if err != nil && ambiguous.Prefixes[i] != "index" || err == nil && !again.Equal(reading) {
						t.Fatalf("%s:%s: %v, %v", ambiguous.Prefixes[i], text, again, err)
					}
					found = found || reading.Equal(c)
				}
				if !found {
					t.Fatalf("%v %s: %v", s, text, err)
				}
			case err != nil || !back.Equal(c):
				t.Fatalf("%v %s: %v, %v", s, text, back, err)
			}
		}
	}
}

// TestForeignSpellings has cells as programs print them.
func TestForeignSpellings(t *testing.T) {
	const eleven = "|skip_connect~0|+|none~0|nor_conv_3x3~1|+|avg_pool_3x3~0|nor_conv_1x1~1|nor_conv_3x3~2|"
	for _, text := range []string{
		eleven + "\r\n",
		"\ufeff" + eleven,
		"'" + eleven + "'",
		"| skip_connect~0 | + | none~0 | nor_conv_3x3~1 | +\n | avg_pool_3x3~0 | nor_conv_1x1~1 | nor_conv_3x3~2 |",
		strings.ReplaceAll(eleven, "nor_", ""),
		"Structure(4 nodes with " + eleven + ")",
		"((('skip_connect', 0),), (('none', 0), ('nor_conv_3x3', 1)), (('avg_pool_3x3', 0), ('nor_conv_1x1', 1), ('nor_conv_3x3', 2)))",
		"((('skip_connect', 0)), (('none', 0), ('conv_3x3', 1)), (('avg_pool_3x3', 0), ('conv_1x1', 1), ('conv_3x3', 2)))",
		`[["skip_connect~0"], ["none~0", "nor_conv_3x3~1"], ["avg_pool_3x3~0", "nor_conv_1x1~1", "nor_conv_3x3~2"]]`,
		"[('skip_connect', 0), ('none', 0), ('nor_conv_3x3', 1), ('avg_pool_3x3', 0), ('nor_conv_1x1', 1), ('nor_conv_3x3', 2)]",
		"{'1<-0': 'skip_connect', '2<-0': 'none', '2<-1': 'nor_conv_3x3', '3<-0': 'avg_pool_3x3', '3<-1': 'nor_conv_1x1', '3<-2': 'nor_conv_3x3'}",
		"array([[0, 0, 0, 0],\n       [1, 0, 0, 0],\n       [0, 3, 0, 0],\n       [4, 2, 3, 0]])",
		"[[0. 0. 0. 0.]\n [1. 0. 0. 0.]\n [0. 3. 0. 0.]\n [4. 2. 3. 0.]]",
		"[[0 1 0 4]\n [0 0 3 2]\n [0 0 0 3]\n [0 0 0 0]]",
		"tensor([[0., 1., 0., 0., 0.],\n [1., 0., 0., 0., 0.],\n [0., 0., 0., 1., 0.],\n [0., 0., 0., 0., 1.],\n [0., 0., 1., 0., 0.],\n [0., 0., 0., 1., 0.]], dtype=torch.float64)",
		"ops:103423", "ops: 1 0 3 4 2 3", "ops:[1, 0, 3, 4, 2, 3]",
		"ops:['skip_connect', 'none', 'conv_3x3', 'avg_pool_3x3', 'conv_1x1', 'conv_3x3']",
		"naslib:0,1,4,2,3,2", "naslib:(0, 1, 4, 2, 3, 2)", "naslib:014232",
		"naslib:[Identity, Zero, AvgPool1x1, ReLUConvBN3x3, ReLUConvBN1x1, ReLUConvBN3x3]",
		"['input', 'skip_connect', 'none', 'nor_conv_3x3', 'avg_pool_3x3', 'nor_conv_1x1', 'nor_conv_3x3', 'output']",
	} {
		c, err := cell.Resolve(text)
		if err != nil || c.String() != eleven {
			t.Errorf("%q: %v, %v", text, c, err)
		}
		if a, err := cell.Size.Resolve(text); err != nil || a.String() != eleven {
			t.Errorf("%q in the size space: %v, %v", text, a, err)
		}
	}
	if a, err := cell.Size.Resolve("[8, 8, 40, 32, 40]"); err != nil || a.String() != "8:8:40:32:40" {
		t.Errorf("a list of widths: %v, %v", a, err)
	}
}

func TestNoSpelling(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"4,0,3,1,4,3", "can mean several cells: write ops:4,0,3,1,4,3 for |avg_pool_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_3x3~2|, " +
			"or naslib:4,0,3,1,4,3 for |avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|"},
		{"421211", "or naslib:421211 for"},
		{"012341", "or index:012341 for"},
		{"4,0,3,1,4", `cell: unknown cell "4,0,3,1,4"`},
		{"ops:4,0,3,1,4,5", "read as ops: operation 5, want 0 to 4"},
		{"ops:4,0,3", "want 6 numbers from 0 to 4"},
		{"index:15625", "not in the benchmark"},
		{"nasbench:1", `unknown cell "nasbench:1"`},
		{"Structure(5 nodes with |none~0|)", "there are 2 nodes"},
		{"Structure(|none~0|)", "want Structure(N nodes with ARCH)"},
		{"((('nor_conv_3x2', 0),),)", `did you mean nor_conv_3x3?`},
		{"((('none', 1),),)", "node 1 can't take its input from node 1"},
		{"[[0, 0], [7, 0]]", "matrix entry [1][0] is 7"},
		{"[[0, 1, 0, 0], [0, 0, 3, 0], [1, 0, 0, 4], [0, 0, 0, 0]]", "matrix entry"},
		{"[[1, 1, 0, 0, 0], [1, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 0, 0, 0, 0]]", "row 0 is not one 1 and 4 zeros"},
		{"(((", `missing ")" at the end`},
		{"('none', 0))", "comes unexpected"},
		{strings.Repeat("(", 100), "nested too deep"},
		{"[" + strings.Repeat("0,", 1<<20) + "]", "too many"},
		{"{'1<-0': 'none', '1<-0': 'none'}", "is given twice"},
		{"{'1<-0': 'none', 'x': 'none'}", "want NODE<-INPUT"},
		{"{'none'}", "unknown cell"},
		{"|conv_3x4~0|", `did you mean nor_conv_3x3?`},
	} {
		c, err := cell.Resolve(test.text)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 600 {
			t.Errorf("%.60q: %v, %v, want %s", test.text, c, err, test.want)
		}
	}
}

// TestInOrder has edges in another order.
func TestInOrder(t *testing.T) {
	turned := mustParse(t, "|none~0|+|nor_conv_3x3~1|none~0|+|none~2|skip_connect~0|none~1|")
	want := "|none~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|none~2|"
	if got := turned.InOrder(); got.String() != want {
		t.Errorf("%v, want %s", got, want)
	}
	if _, ok := turned.Index(); ok || turned.Equal(turned.InOrder()) {
		t.Errorf("the cell itself was changed: %v", turned)
	}
}

// TestSpellOthers has cells outside of the benchmark.
func TestSpellOthers(t *testing.T) {
	for _, arch := range append(cell.Names(), "|none~0|", "|none~0|none~0|") {
		c, err := cell.Resolve(arch)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []cell.Spelling{cell.ArchString, cell.StructureText, cell.TupleGenotype, cell.ListGenotype} {
			if _, err := s.Spell(c); err != nil {
				t.Error(err)
			}
		}
	}
	for _, s := range cell.Spellings() {
		if text, err := s.Spell(cell.Cell{}); err == nil {
			t.Errorf("no cell is %s", text)
		}
	}
	resnet, _ := cell.Named("resnet")
	if text, err := cell.OpDigits.Spell(resnet); err == nil {
		t.Errorf("resnet is %s", text)
	}
}

func ExampleSpelling_Spell() {
	c, _ := cell.FromIndex(11)
	digits, _ := cell.NASLib.Spell(c)
	back, _ := cell.NASLib.Read(digits)
	fmt.Println(digits, back)
	// Output:
	// (2, 2, 1, 4, 2, 4) |nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|
}

func FuzzResolve(f *testing.F) {
	c, err := cell.FromIndex(1462)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range cell.Spellings() {
		text, err := s.Spell(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add(s.String() + ":" + text)
	}
	f.Add("array([[0]], dtype=int64)")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := cell.Resolve(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		for _, s := range cell.Spellings() {
			spelled, err := s.Spell(c)
			if err != nil {
				continue
			}
			if back, err := cell.Resolve(s.String() + ":" + spelled); err != nil || !back.Equal(c) {
				t.Errorf("%v %q: %v, %v", s, spelled, back, err)
			}
		}
	})
}
