package store

import (
	"cellnet/data"

	"github.com/parquet-go/parquet-go"
)

// row is the schema of a store: a row for each trial, in the order of the
// file that the store was made from. Numbers of the last epoch stand in columns
// of their own beside the curves, so that queries over all architectures read
// little. The columns of a curve are lists of a value for each epoch from 0 on,
// null where an epoch was not recorded, and null as a whole where none was.
//
// Only names and tags matter: rows are written and read column by column.
type row struct {
	ArchIndex int32     `parquet:"arch_index,zstd"`
	Arch      string    `parquet:"arch,dict,zstd"`
	HP        int32     `parquet:"hp,dict,zstd"`
	Dataset   string    `parquet:"dataset,dict,zstd"`
	Seed      int64     `parquet:"seed,dict,zstd"`
	Epochs    int32     `parquet:"epochs,dict,zstd"`
	Channels  int64     `parquet:"channels,dict,zstd"` // 0 in the size search space
	Cells     int64     `parquet:"cells,dict,zstd"`    // 0 in the size search space
	Genotype  string    `parquet:"genotype,dict,zstd"` // "" in the topology search space
	Classes   int64     `parquet:"classes,dict,zstd"`
	FLOPs     float64   `parquet:"flops_m,zstd"`
	Params    float64   `parquet:"params_m,zstd"`
	Latency   []float64 `parquet:"latency_s,optional,list,zstd"`
	Sets      []string  `parquet:"eval_sets,list,zstd" parquet-element:",dict"`

	TrainLoss      *float64 `parquet:"train_loss,optional,zstd"`
	TrainTop1      *float64 `parquet:"train_top1,optional,zstd"`
	TrainSeconds   *float64 `parquet:"train_seconds,optional,zstd"`
	TrainTotal     *float64 `parquet:"train_total_seconds,optional,zstd"`
	TrainTop5      *float64 `parquet:"train_top5,optional,zstd"`
	XValidLoss     *float64 `parquet:"x_valid_loss,optional,zstd"`
	XValidTop1     *float64 `parquet:"x_valid_top1,optional,zstd"`
	XValidSeconds  *float64 `parquet:"x_valid_seconds,optional,zstd"`
	XValidTotal    *float64 `parquet:"x_valid_total_seconds,optional,zstd"`
	XTestLoss      *float64 `parquet:"x_test_loss,optional,zstd"`
	XTestTop1      *float64 `parquet:"x_test_top1,optional,zstd"`
	XTestSeconds   *float64 `parquet:"x_test_seconds,optional,zstd"`
	XTestTotal     *float64 `parquet:"x_test_total_seconds,optional,zstd"`
	OriTestLoss    *float64 `parquet:"ori_test_loss,optional,zstd"`
	OriTestTop1    *float64 `parquet:"ori_test_top1,optional,zstd"`
	OriTestSeconds *float64 `parquet:"ori_test_seconds,optional,zstd"`
	OriTestTotal   *float64 `parquet:"ori_test_total_seconds,optional,zstd"`

	TrainLossCurve      []*float64 `parquet:"train_loss_curve,optional,list,zstd"`
	TrainTop1Curve      []*float64 `parquet:"train_top1_curve,optional,list,zstd"`
	TrainSecondsCurve   []*float64 `parquet:"train_seconds_curve,optional,list,zstd"`
	TrainTop5Curve      []*float64 `parquet:"train_top5_curve,optional,list,zstd"`
	XValidLossCurve     []*float64 `parquet:"x_valid_loss_curve,optional,list,zstd"`
	XValidTop1Curve     []*float64 `parquet:"x_valid_top1_curve,optional,list,zstd"`
	XValidSecondsCurve  []*float64 `parquet:"x_valid_seconds_curve,optional,list,zstd"`
	XTestLossCurve      []*float64 `parquet:"x_test_loss_curve,optional,list,zstd"`
	XTestTop1Curve      []*float64 `parquet:"x_test_top1_curve,optional,list,zstd"`
	XTestSecondsCurve   []*float64 `parquet:"x_test_seconds_curve,optional,list,zstd"`
	OriTestLossCurve    []*float64 `parquet:"ori_test_loss_curve,optional,list,zstd"`
	OriTestTop1Curve    []*float64 `parquet:"ori_test_top1_curve,optional,list,zstd"`
	OriTestSecondsCurve []*float64 `parquet:"ori_test_seconds_curve,optional,list,zstd"`

	HasWeights bool   `parquet:"has_weights,zstd"`
	Spelling   string `parquet:"spelling,dict,zstd"`
	Raw        []byte `parquet:"raw,optional,plain,zstd"` // pickle of a trial that no dialect describes
}

// The columns of a store, in the order of row.
const (
	colArchIndex = iota
	colArch
	colHP
	colDataset
	colSeed
	colEpochs
	colChannels
	colCells
	colGenotype
	colClasses
	colFLOPs
	colParams
	colLatency
	colSets

	colTrainFinal
	colTrainTop5    = colTrainFinal + finalsPerSet
	colXValidFinal  = colTrainTop5 + 1
	colXTestFinal   = colXValidFinal + finalsPerSet
	colOriTestFinal = colXTestFinal + finalsPerSet

	colTrainCurve     = colOriTestFinal + finalsPerSet
	colTrainTop5Curve = colTrainCurve + curvesPerSet
	colXValidCurve    = colTrainTop5Curve + 1
	colXTestCurve     = colXValidCurve + curvesPerSet
	colOriTestCurve   = colXTestCurve + curvesPerSet

	colHasWeights = colOriTestCurve + curvesPerSet
	colDialect    = colHasWeights + 1
	colRaw        = colDialect + 1
	numColumns    = colRaw + 1
)

const (
	finalsPerSet = 4 // loss, top-1, seconds of the last epoch, of all epochs
	curvesPerSet = 3 // loss, top-1, seconds
)

// The evaluation sets that a store has columns for, in their order.
var evaluationSets = [...]data.Set{data.XValid, data.XTest, data.OriTest}

// finalColumn is the first of a set's columns of the last epoch.
func finalColumn(set data.Set) int {
	return [...]int{data.Train: colTrainFinal, data.XValid: colXValidFinal, data.XTest: colXTestFinal, data.OriTest: colOriTestFinal}[set]
}

// curveColumn is the first of a set's columns of curves.
func curveColumn(set data.Set) int {
	return [...]int{data.Train: colTrainCurve, data.XValid: colXValidCurve, data.XTest: colXTestCurve, data.OriTest: colOriTestCurve}[set]
}

// columnKind says what a column has in a row.
type columnKind uint8

const (
	integers  columnKind = iota // an integer or a bool
	numbers                     // a number, which may be null
	texts                       // a text
	blobs                       // bytes, which may be null
	textLists                   // a list of texts
	curves                      // a list of numbers, which may be null and have nulls
)

// column is what is known of a column.
type column struct {
	kind columnKind
	// level is the definition level of a value that is there.
	level byte
}

// columnsOf gives the columns of a schema.
func columnsOf(s *parquet.Schema) []column {
	var all []column
	for _, path := range s.Columns() {
		leaf, _ := s.Lookup(path...)
		kind := integers
		switch list := leaf.MaxRepetitionLevel > 0; leaf.Node.Type().Kind() {
		case parquet.Double:
			if kind = numbers; list {
				kind = curves
			}
		case parquet.ByteArray:
			if kind = texts; list {
				kind = textLists
			} else if leaf.MaxDefinitionLevel > 0 {
				kind = blobs
			}
		}
		all = append(all, column{kind, byte(leaf.MaxDefinitionLevel)})
	}
	return all
}

func newSchema() *parquet.Schema { return parquet.SchemaOf(row{}) }
