package proxies

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

const constantRows = "the gradient of an image is the same everywhere"

// smallest is added where 0 would be taken the logarithm or the inverse of.
const smallest = 1e-5

// jacobCov scores how little the gradients of images correlate.
func jacobCov(c *mat.SymDense) Score {
	values, ok := eigenvalues(c)
	if !ok || values[0] <= -smallest {
		return undefined("the correlations of the images' gradients have no positive eigenvalues")
	}
	var sum float64
	for _, v := range values {
		sum += math.Log(v+smallest) + 1/(v+smallest)
	}
	return Score{Value: -sum}
}

// manyClasses is how many classes EPE-NAS treats one by one.
const manyClasses = 100

// epeNAS scores how the gradients of images of a class correlate.
func epeNAS(c *mat.SymDense, labels []int, classes int) Score {
	of := map[int][]int{} // the images
	var order []int
	for i, label := range labels {
		if of[label] == nil {
			order = append(order, label)
		}
		of[label] = append(of[label], i)
	}
	var scores []float64
	for _, label := range order {
		n := len(of[label])
		if n == 1 {
			if classes <= manyClasses {
				scores = append(scores, math.Log(1+smallest))
			}
			continue
		}
		var sum float64
		for _, i := range of[label] {
			for _, j := range of[label] {
				sum += math.Log(math.Abs(c.At(i, j)) + smallest)
			}
		}
		if classes > manyClasses {
			sum /= float64(n)
		}
		scores = append(scores, sum)
	}
	var total float64
	if classes <= manyClasses {
		for _, s := range scores {
			total += math.Abs(s)
		}
		return Score{Value: total}
	}
	if len(scores) == 0 {
		return Score{}
	}
	for _, a := range scores {
		for _, b := range scores {
			total += math.Abs(a - b)
		}
	}
	return Score{Value: total / float64(len(scores))}
}
