package main

// peak generates a loop of independent multiply-adds, which nothing but the
// arithmetic units limits: x = x/2 + 1 in three of four registers.
func peak(g *generator, s *isa) {
	a := g.routine("peak"+s.name, "repeats one multiply-add in three of four vector registers n times.", &peakCall)
	n := len(s.regs) * 3 / 4
	half, one := s.regs[n], s.regs[n+1]
	g.VMOVUPS(g.vector(0.5, s.width), half)
	g.VMOVUPS(g.vector(1, s.width), one)
	for _, r := range s.regs[:n] {
		g.VMOVAPS(one, r)
	}
	g.loop(g.load(a, &peakCall, "n"), func() {
		for _, r := range s.regs[:n] {
			g.VFMADD213PS(one, half, r)
		}
	})
	g.VZEROUPPER()
	g.RET()
}
