package train

import (
	"encoding/json"
	"math"

	"cellnet/data"
)

// Epoch is what was measured in one epoch.
type Epoch struct {
	Epoch       int          `json:"epoch"` // counted from 0
	Rate        float64      `json:"rate"`  // the learning rate of its last step
	Train       Metrics      `json:"train"` // of the augmented images, each before the step that it is part of
	Evaluations []Evaluation `json:"evaluations"`
}

// Evaluation is what was measured on one set.
type Evaluation struct {
	Set data.Set `json:"set"`
	Metrics
}

// Evaluation returns the metrics of a set.
func (e Epoch) Evaluation(set data.Set) (Metrics, bool) {
	for _, evaluation := range e.Evaluations {
		if evaluation.Set == set {
			return evaluation.Metrics, true
		}
	}
	return Metrics{}, false
}

// jsonNumber is a number that may be none: JSON has null for it.
type jsonNumber float64

func (n jsonNumber) MarshalJSON() ([]byte, error) {
	if v := float64(n); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

func (n *jsonNumber) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = jsonNumber(math.NaN())
		return nil
	}
	return json.Unmarshal(text, (*float64)(n))
}

// metricsJSON is Metrics as they are written.
type metricsJSON struct {
	N       int        `json:"n"`
	Loss    jsonNumber `json:"loss"`
	Top1    jsonNumber `json:"top1"`
	Top5    jsonNumber `json:"top5"`
	Seconds jsonNumber `json:"seconds"`
}

// evaluationJSON is an Evaluation as it is written.
type evaluationJSON struct {
	Set data.Set `json:"set"`
	metricsJSON
}

func (m Metrics) json() metricsJSON {
	return metricsJSON{m.N, jsonNumber(m.Loss), jsonNumber(m.Top1), jsonNumber(m.Top5), jsonNumber(m.Seconds)}
}

func (m metricsJSON) metrics() Metrics {
	return Metrics{m.N, float64(m.Loss), float64(m.Top1), float64(m.Top5), float64(m.Seconds)}
}

// MarshalJSON writes {"n", "loss", "top1", "top5", "seconds"}; a loss that is not
// finite is null.
func (m Metrics) MarshalJSON() ([]byte, error) { return json.Marshal(m.json()) }

// UnmarshalJSON reads what MarshalJSON writes; null becomes NaN.
func (m *Metrics) UnmarshalJSON(text []byte) error {
	var j metricsJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	*m = j.metrics()
	return nil
}

// MarshalJSON writes the metrics with "set".
func (e Evaluation) MarshalJSON() ([]byte, error) {
	return json.Marshal(evaluationJSON{e.Set, e.Metrics.json()})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (e *Evaluation) UnmarshalJSON(text []byte) error {
	var j evaluationJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	*e = Evaluation{j.Set, j.metrics()}
	return nil
}
