package jobarray

import (
	"strings"
	"testing"

	"cellnet/train/trials"
)

func TestParse(t *testing.T) {
	slurm := map[string]string{slurmID: "12", slurmCount: "4", slurmMin: "10", slurmStep: "1"}
	job := map[string]string{jobIndex: "2"}
	tests := []struct {
		flag string
		env  map[string]string
		want trials.Shard
		fail string
	}{
		{"", nil, trials.Shard{Index: 0, Count: 1}, ""},
		{"1/4", nil, trials.Shard{Index: 0, Count: 4}, ""},
		{"4/4", slurm, trials.Shard{Index: 3, Count: 4}, ""},
		{"", slurm, trials.Shard{Index: 2, Count: 4}, ""},
		{"", map[string]string{slurmID: "6", slurmCount: "4", slurmMin: "0", slurmStep: "2"}, trials.Shard{Index: 3, Count: 4}, ""},
		{"/8", slurm, trials.Shard{Index: 2, Count: 8}, ""},
		{"/3", job, trials.Shard{Index: 2, Count: 3}, ""},
		{"", job, trials.Shard{}, "set --shard /n"},
		{"/2", job, trials.Shard{}, "job 3 of 2"},
		{"/2", nil, trials.Shard{}, "neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set"},
		{"", map[string]string{slurmID: "1"}, trials.Shard{}, "not SLURM_ARRAY_TASK_COUNT"},
		{"", map[string]string{slurmID: "x", slurmCount: "4"}, trials.Shard{}, `SLURM_ARRAY_TASK_ID is "x"`},
		{"0/4", nil, trials.Shard{}, "from 1/4 to 4/4"},
		{"5/4", nil, trials.Shard{}, "from 1/4 to 4/4"},
		{"3", nil, trials.Shard{}, "want i/n"},
		{"1/0", nil, trials.Shard{}, "want i/n"},
	}
	for _, test := range tests {
		got, err := Parse(test.flag, func(name string) string { return test.env[name] })
		switch {
		case test.fail == "" && (err != nil || got != test.want):
			t.Errorf("%q, %v: %v, %v, want %v", test.flag, test.env, got, err, test.want)
		case test.fail != "" && (err == nil || !strings.Contains(err.Error(), test.fail)):
			t.Errorf("%q, %v: error is %v, want one with %q", test.flag, test.env, err, test.fail)
		}
	}
}
