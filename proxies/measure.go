package proxies

import (
	"fmt"
	"slices"
	"strings"
)

// Measure is one of the scores of an untrained network.
type Measure uint8

// The measures, with the passes that they take.
const (
	GradNorm     Measure = iota // sum over layers of the gradient's norm; with the next three: one forward, one backward
	SNIP                        // sum of |w*g| (Lee et al., ICLR 2019)
	Plain                       // sum of w*g
	Fisher                      // of the layers' results (Theis et al., 2018; Turner et al., ICLR 2020)
	GraSP                       // minus the sum of w*(Hg) (Wang et al., ICLR 2020), with zero-cost-nas's sign; two gradients and one through them
	JacobCov                    // correlations of the images' gradients (Mellor et al., 2020); the forward pass above, one backward to the images
	EPENAS                      // the same within classes (Lopes et al., 2021)
	SynFlow                     // natural logarithm of the sum of |w|*dR/d|w| (Tanaka et al., NeurIPS 2020), 0 of 0; one image of ones
	LogSynFlow                  // sum of |w|*ln(1 + dR/d|w|) (Cavagnero et al., 2022)
	SynFlowBN                   // SynFlow's sum with batch norm kept
	NWOT                        // ln|det K| of the ReLUs that images have in common (Mellor et al., ICML 2021); the forward pass above
	Zen                         // Lin et al., ICCV 2021; two forward
	L2Norm                      // sum over layers of the weights' norm
	FLOPs                       // millions of multiply-accumulates
	Params                      // millions
	ZiCo                        // Li et al., ICLR 2023; two forward and backward of half the batch each
	GradSign                    // Zhang and Jia, ICLR 2022; a forward and backward for each image
	NTK                         // condition number of the tangent kernel (Chen et al., ICLR 2021); a backward for each image
	Regions                     // images told apart by their ReLUs (Chen et al., ICLR 2021)
	SWAP                        // neurons told apart by the images they are on for (Peng et al., ICLR 2024)
	Expressivity                // AZ-NAS (Lee and Ham, CVPR 2024), with the next two: one forward, one backward through each block
	Progressivity
	Trainability
	measures // their number
)

// names are those that published programs use.
func names() [measures]string {
	return [measures]string{
		"grad_norm", "snip", "plain", "fisher", "grasp", "jacob_cov", "epe_nas", "synflow", "logsynflow", "synflow_bn", "nwot", "zen", "l2_norm",
		"flops", "params", "zico", "gradsign", "ntk", "regions", "swap", "expressivity", "progressivity", "trainability",
	}
}

// Measures lists all of them.
func Measures() []Measure {
	all := make([]Measure, measures)
	for i := range all {
		all[i] = Measure(i)
	}
	return all
}

// String returns the published name, such as "grad_norm".
func (m Measure) String() string {
	if m >= measures {
		return fmt.Sprintf("measure %d", uint8(m))
	}
	return names()[m]
}

// MarshalText returns the name.
func (m Measure) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText sets m by its name.
func (m *Measure) UnmarshalText(name []byte) (err error) {
	*m, err = ParseMeasure(string(name))
	return err
}

// LowerIsBetter tells whether good networks have low scores.
func (m Measure) LowerIsBetter() bool { return m == NTK }

// Random tells whether the score depends on numbers drawn for it: initial
// weights, noise or signs. The others count.
func (m Measure) Random() bool { return m != FLOPs && m != Params }

// Slow tells whether the measure takes longer than all others together.
func (m Measure) Slow() bool { return m == GradSign || m == NTK }

// ParseMeasure returns the measure of a name; jacov, NASLib's name, is jacob_cov.
func ParseMeasure(name string) (Measure, error) {
	if name == "jacov" {
		return JacobCov, nil
	}
	all := names()
	if i := slices.Index(all[:], name); i >= 0 {
		return Measure(i), nil
	}
	return 0, fmt.Errorf("no proxy is called %.40q: there are %s", name, strings.Join(all[:], ", "))
}

// ParseMeasures reads a list of names, separated by commas, in the order of the
// list without repetitions: "all" is all of them, "fast" those that are not
// [Measure.Slow].
func ParseMeasures(list string) ([]Measure, error) {
	var found []Measure
	for name := range strings.SplitSeq(list, ",") {
		some := Measures()
		switch name = strings.TrimSpace(name); name {
		case "all":
		case "fast":
			some = slices.DeleteFunc(some, Measure.Slow)
		default:
			m, err := ParseMeasure(name)
			if err != nil {
				return nil, err
			}
			some = []Measure{m}
		}
		for _, m := range some {
			if !slices.Contains(found, m) {
				found = append(found, m)
			}
		}
	}
	return found, nil
}

// Score is what a measure gives.
type Score struct {
	Value  float64
	Reason string // why the score is undefined; empty if it is defined
}

// Defined tells whether there is a value.
func (s Score) Defined() bool { return s.Reason == "" }

// undefined is a score without a value.
func undefined(format string, args ...any) Score { return Score{Reason: fmt.Sprintf(format, args...)} }

// Scores are those of one network.
type Scores map[Measure]Score
