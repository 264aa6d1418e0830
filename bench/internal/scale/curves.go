package scale

import (
	"math"
	"math/rand/v2"
)

// dataset is what the made-up trainings know of a dataset.
type dataset struct {
	name    string
	classes int
	images  int
	best    float64 // accuracy of the best networks in percent
	evals   []evalSet
	whole   int // the set that old trials have at every epoch
}

type evalSet struct {
	name   string
	images int
}

var datasets = []dataset{
	{"cifar10-valid", 10, 25000, 91.6, []evalSet{{"x-valid", 25000}, {"ori-test", 10000}}, 0},
	{"cifar10", 10, 50000, 94.4, []evalSet{{"ori-test", 10000}}, 0},
	{"cifar100", 100, 50000, 73.5, []evalSet{{"ori-test", 10000}, {"x-valid", 5000}, {"x-test", 5000}}, 0},
	{"ImageNet16-120", 120, 151700, 47.3, []evalSet{{"ori-test", 6000}, {"x-valid", 3000}, {"x-test", 3000}}, 0},
}

// curves makes learning curves of one trial.
type curves struct {
	rng    *rand.Rand
	epochs int
	d      *dataset
	top    float64
}

// accuracy at an epoch, as it comes of counting images: a number with few
// digits, or a mean of float32 means over batches.
func (c *curves) accuracy(epoch, images int, gain float64, top5 bool) float64 {
	chance := 100 / float64(c.d.classes)
	rise := 1 - math.Exp(-4*float64(epoch+1)/float64(c.epochs))
	acc := chance + (c.top*gain-chance)*rise + c.rng.NormFloat64()*0.6
	if top5 {
		acc = 100 - (100-acc)*0.35
	}
	right := int(math.Round(min(max(acc, chance), 99.98) / 100 * float64(images)))
	mean := float64(right) * 100 / float64(images)
	if images%10000 != 0 {
		return float64(float32(mean)) + float64(right%7)*0x1p-40
	}
	return mean
}

func (c *curves) loss(accuracy float64) float64 {
	return float64(float32((100.5 - accuracy) / 100 * math.Log(float64(c.d.classes)) * (0.97 + 0.06*c.rng.Float64())))
}
