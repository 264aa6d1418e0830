package trials

import "cellnet/bench"

// trialFile is a trial file, whose weights are read when they are asked for.
type trialFile struct {
	*bench.TrialFile
	path string
}

func readTrialFile(path string) (*trialFile, error) {
	file, err := bench.ReadTrialFile(path)
	if err != nil {
		return nil, err
	}
	return &trialFile{file, path}, nil
}
