package bench

import "cellnet/bench/record"

// What queries take and give, under the names that a program which only asks needs.
// Package record has more to say of all of them.
type (
	API           = record.API
	Architecture  = record.Architecture
	Choice        = record.Choice
	Conflict      = record.Conflict
	ConflictError = record.ConflictError
	Cost          = record.Cost
	Curve         = record.Curve
	Curves        = record.Curves
	Epoch         = record.Epoch
	Eval          = record.Eval
	HP            = record.HP
	Info          = record.Info
	Intner        = record.Intner
	Layout        = record.Layout
	Metrics       = record.Metrics
	NetConfig     = record.NetConfig
	Number        = record.Number
	Part          = record.Part
	Results       = record.Results
	Space         = record.Space
	Times         = record.Times
	Trial         = record.Trial
)

const (
	NAS201 = record.NAS201
	NATS   = record.NATS

	HP1   = record.HP1
	HP12  = record.HP12
	HP90  = record.HP90
	HP200 = record.HP200

	Topology = record.Topology
	Size     = record.Size
)

// Errors of queries.
var (
	ErrRange   = record.ErrRange
	ErrMissing = record.ErrMissing
	ErrMixed   = record.ErrMixed
	ErrSpace   = record.ErrSpace
)

// AtEpoch is a given epoch, counted from 0.
func AtEpoch(n int) Epoch { return record.AtEpoch(n) }

// MeanOfTrials asks for the mean over all trials.
func MeanOfTrials() Choice { return record.MeanOfTrials() }

// OfSeed asks for the trial with a seed.
func OfSeed(seed int) Choice { return record.OfSeed(seed) }

// OfRandomTrial asks for a trial drawn by r.
func OfRandomTrial(r Intner) Choice { return record.OfRandomTrial(r) }

// ParseHP reads the published spelling of a recipe, "01", "12", "90" or "200", or the
// plain number of epochs.
func ParseHP(s string) (HP, error) { return record.ParseHP(s) }

// ParseLayout reads a layout's name, such as "nats-folder".
func ParseLayout(name string) (Layout, error) { return record.ParseLayout(name) }

// Layouts lists the layouts that [Export] writes.
func Layouts() []Layout { return record.Layouts() }
