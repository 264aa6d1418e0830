package unpickle

// floor is the height below which the opcodes after the last mark must not
// reach.
func (s *scanner) floor() int {
	if n := len(s.marks); n > 0 {
		return s.marks[n-1]
	}
	return 0
}

// pop drops n values and checks that kept more lie below them.
func (s *scanner) pop(n, kept int) error {
	if len(s.stack)-n-kept < s.floor() {
		return s.broken("the stack runs empty")
	}
	s.stack = s.stack[:len(s.stack)-n]
	return nil
}

// replace makes one value of the last n.
func (s *scanner) replace(n int) error {
	if len(s.stack)-n < s.floor() {
		return s.broken("the stack runs empty")
	}
	s.stack = s.stack[:len(s.stack)-n+1]
	s.stack[len(s.stack)-1].tag = tagOther
	return nil
}

// popMark drops the values above the last mark, gives the height of the mark,
// and checks that kept values lie below it.
func (s *scanner) popMark(kept int) (height int, err error) {
	n := len(s.marks)
	if n == 0 {
		return 0, s.broken("no mark on the stack")
	}
	height = s.marks[n-1]
	s.marks = s.marks[:n-1]
	if height-kept < s.floor() {
		return 0, s.broken("the stack runs empty")
	}
	s.stack = s.stack[:height]
	return height, nil
}

// collect makes one value of those above the last mark.
func (s *scanner) collect() error {
	n := len(s.marks)
	if n == 0 {
		return s.broken("no mark on the stack")
	}
	whole := slot{offset: s.started, memo: s.memo}
	if m := s.marks[n-1]; m < len(s.stack) {
		whole.offset, whole.memo = s.stack[m].offset, s.stack[m].memo
	}
	if _, err := s.popMark(0); err != nil {
		return err
	}
	s.stack = append(s.stack, whole)
	return nil
}
