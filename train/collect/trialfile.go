package collect

import "cellnet/bench/trialfile"

// trialFile is a trial file, whose weights are read when they are asked for.
type trialFile struct {
	*trialfile.File
	path string
}

func readTrialFile(path string) (*trialFile, error) {
	file, err := trialfile.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return &trialFile{file, path}, nil
}
