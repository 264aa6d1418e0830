//go:build !amd64 || purego

package mt19937

func (s *Source) twist(from, to, far int) { s.twistWords(from, to, far) }

func temperAll(dst, words []uint32) { temperWords(dst, words) }
