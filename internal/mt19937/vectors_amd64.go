//go:build amd64 && !purego

package mt19937

import "golang.org/x/sys/cpu"

// group is how many words the assembly works on at a time.
const group = 8

// twist is twistWords.
func (s *Source) twist(from, to, far int) {
	if groups := (min(to, stateLen-1) - from) / group; cpu.X86.HasAVX2 && groups > 0 {
		twistAVX2(&s.state[from], far, groups)
		from += groups * group
	}
	s.twistWords(from, to, far)
}

// temperAll is temperWords.
func temperAll(dst, words []uint32) {
	words = words[:len(dst)]
	if groups := len(dst) / group; cpu.X86.HasAVX2 && groups > 0 {
		temperAVX2(&dst[0], &words[0], groups)
		dst, words = dst[groups*group:], words[groups*group:]
	}
	temperWords(dst, words)
}
