package jobarray

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	slurm := map[string]string{slurmID: "12", slurmCount: "4", slurmMin: "10", slurmStep: "1"}
	job := map[string]string{jobIndex: "2"}
	tests := []struct {
		flag string
		env  map[string]string
		want Shard
		fail string
	}{
		{"", nil, Shard{Index: 0, Count: 1}, ""},
		{"1/4", nil, Shard{Index: 0, Count: 4}, ""},
		{"4/4", slurm, Shard{Index: 3, Count: 4}, ""},
		{"", slurm, Shard{Index: 2, Count: 4}, ""},
		{"", map[string]string{slurmID: "6", slurmCount: "4", slurmMin: "0", slurmStep: "2"}, Shard{Index: 3, Count: 4}, ""},
		{"/8", slurm, Shard{Index: 2, Count: 8}, ""},
		{"/3", job, Shard{Index: 2, Count: 3}, ""},
		{"", job, Shard{}, "set --shard /n"},
		{"/2", job, Shard{}, "job 3 of 2"},
		{"/2", nil, Shard{}, "neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set"},
		{"", map[string]string{slurmID: "1"}, Shard{}, "not SLURM_ARRAY_TASK_COUNT"},
		{"", map[string]string{slurmID: "x", slurmCount: "4"}, Shard{}, `SLURM_ARRAY_TASK_ID is "x"`},
		{"0/4", nil, Shard{}, "from 1/4 to 4/4"},
		{"5/4", nil, Shard{}, "from 1/4 to 4/4"},
		{"3", nil, Shard{}, "want i/n"},
		{"1/0", nil, Shard{}, "want i/n"},
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

func TestShardsPartTheItems(t *testing.T) {
	for count := 1; count <= 12; count++ {
		times := map[int]int{}
		for index := range count {
			for _, item := range Of(Shard{index, count}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
				times[item]++
			}
		}
		if len(times) != 10 {
			t.Errorf("%d shards have %d items", count, len(times))
		}
		for item, n := range times {
			if n != 1 {
				t.Errorf("%d shards have item %d %d times", count, item, n)
			}
		}
	}
}
