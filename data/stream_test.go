package data

import (
	"fmt"
	"testing"
)

// Streams are what a seed means: they must never change.
func TestStreamsArePinned(t *testing.T) {
	s := streamAt(streamKey(orderStream, 777, 3), 5)
	got := fmt.Sprintf("%x %x", s.uint64(), s.uint64())
	for range 12 {
		got += fmt.Sprint(" ", s.intn(10))
	}
	var p [12]int32
	s.permutation(p[:])
	got += fmt.Sprint(" ", p)
	const want = "ff5b3851bdc11aba 6ad5a6adabf93787 8 7 4 1 9 9 3 8 6 7 2 5 [1 6 9 11 10 7 8 4 0 3 5 2]"
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// SplitMix64's reference output for the seed 1234567.
func TestStreamIsSplitMix64(t *testing.T) {
	s := stream{1234567}
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423} {
		if got := s.uint64(); got != want {
			t.Errorf("number %d is %d, want %d", i, got, want)
		}
	}
}

func TestStreamsDiffer(t *testing.T) {
	seen := map[uint64]string{}
	for _, name := range []streamName{orderStream, augmentationStream, syntheticStream} {
		for _, seed := range []uint64{0, 1, 777, 1 << 63} {
			for epoch := range uint64(20) {
				for position := range 50 {
					s := streamAt(streamKey(name, seed, epoch), position)
					at := fmt.Sprint(name, seed, epoch, position)
					first := s.uint64()
					if other, ok := seen[first]; ok {
						t.Fatalf("%s and %s begin alike", at, other)
					}
					seen[first] = at
				}
			}
		}
	}
}

// Each of n! permutations is as likely as the others, within five standard
// deviations.
func TestPermutationsAreUniform(t *testing.T) {
	counts := map[[4]int32]int{}
	const rounds = 24000
	for i := range rounds {
		var p [4]int32
		s := streamAt(1, i)
		s.permutation(p[:])
		counts[p]++
	}
	if len(counts) != 24 {
		t.Fatalf("%d permutations of four, want 24", len(counts))
	}
	for p, n := range counts {
		if n < rounds/24-155 || n > rounds/24+155 {
			t.Errorf("permutation %v %d times of %d", p, n, rounds)
		}
	}
}
