// Package jobarray tells a process which one of an array of jobs it is, by a flag
// --shard or the environment.
package jobarray

import (
	"strconv"
	"strings"

	"cellnet/internal/usage"
)

// Variables that tell a process which one of an array of jobs it is: those of Slurm
// and those of indexed jobs of Kubernetes, which does not tell the number of jobs.
const (
	slurmID    = "SLURM_ARRAY_TASK_ID"
	slurmCount = "SLURM_ARRAY_TASK_COUNT"
	slurmMin   = "SLURM_ARRAY_TASK_MIN"
	slurmStep  = "SLURM_ARRAY_TASK_STEP"
	jobIndex   = "JOB_COMPLETION_INDEX"
)

// Shard is a part of the work: number Index, from 0, of Count parts.
type Shard struct{ Index, Count int }

// Whole tells whether the part is all.
func (s Shard) Whole() bool { return s.Count == 1 }

// Of picks the part's items.
func Of[T any](s Shard, items []T) []T {
	var own []T
	for i, item := range items {
		if i%s.Count == s.Index {
			own = append(own, item)
		}
	}
	return own
}

// Parse reads --shard: "i/n" is part i of n, from 1; "/n" is the part of n
// that the environment says; without a flag the environment says all.
func Parse(flag string, getenv func(string) string) (Shard, error) {
	own, count, given := strings.Cut(flag, "/")
	if flag == "" {
		return shardOfEnvironment(getenv, 0)
	}
	n, err := strconv.Atoi(count)
	if !given || err != nil || n < 1 {
		return Shard{}, usage.Errorf("--shard %s: want i/n, such as 1/4, or /n", flag)
	}
	if own == "" {
		return shardOfEnvironment(getenv, n)
	}
	i, err := strconv.Atoi(own)
	if err != nil || i < 1 || i > n {
		return Shard{}, usage.Errorf("--shard %s: want a part from 1/%d to %d/%d", flag, n, n, n)
	}
	return Shard{Index: i - 1, Count: n}, nil
}

// shardOfEnvironment is the whole if the environment doesn't tell of several jobs.
// A count of 0 is to be told by it.
func shardOfEnvironment(getenv func(string) string, count int) (Shard, error) {
	number := func(name string, otherwise int) (int, error) {
		text := getenv(name)
		if text == "" {
			return otherwise, nil
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return 0, usage.Errorf("%s is %q, want a number: set --shard i/n", name, text)
		}
		return n, nil
	}
	index := 0
	switch {
	case getenv(slurmID) != "":
		id, err1 := number(slurmID, 0)
		first, err2 := number(slurmMin, 0)
		step, err3 := number(slurmStep, 1)
		tasks, err4 := number(slurmCount, 0)
		for _, err := range []error{err1, err2, err3, err4} {
			if err != nil {
				return Shard{}, err
			}
		}
		index = (id - first) / max(1, step)
		if count == 0 {
			count = tasks
		}
		if count == 0 {
			return Shard{}, usage.Errorf("%s is set, but not %s: set --shard /n", slurmID, slurmCount)
		}
	case getenv(jobIndex) != "":
		var err error
		if index, err = number(jobIndex, 0); err != nil {
			return Shard{}, err
		}
		if count == 0 {
			return Shard{}, usage.Errorf("%s tells which job this is, but not of how many: set --shard /n", jobIndex)
		}
	case count > 0:
		return Shard{}, usage.Errorf("--shard /%d: neither %s nor %s is set", count, slurmID, jobIndex)
	default:
		return Shard{Index: 0, Count: 1}, nil
	}
	if index < 0 || index >= count {
		return Shard{}, usage.Errorf("the environment says job %d of %d: set --shard i/n", index+1, count)
	}
	return Shard{Index: index, Count: count}, nil
}
