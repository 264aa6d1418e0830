package train

import (
	"encoding/json"
	"math"

	"cellnet/bench/record"
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

// metricsJSON is Metrics as they are written.
type metricsJSON struct {
	N       int           `json:"n"`
	Loss    record.Number `json:"loss"` // null if it is not finite
	Top1    float64       `json:"top1"`
	Top5    float64       `json:"top5"`
	Seconds float64       `json:"seconds"`
}

// evaluationJSON is an Evaluation as it is written.
type evaluationJSON struct {
	Set data.Set `json:"set"`
	metricsJSON
}

func (m Metrics) json() metricsJSON {
	return metricsJSON{m.N, record.Number{Value: m.Loss, OK: true}, m.Top1, m.Top5, m.Seconds}
}

func (m metricsJSON) metrics() Metrics {
	loss := m.Loss.Value
	if !m.Loss.OK {
		loss = math.NaN()
	}
	return Metrics{m.N, loss, m.Top1, m.Top5, m.Seconds}
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
