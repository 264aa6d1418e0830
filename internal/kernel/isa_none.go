package kernel

func supported(ISA) bool { return false }

func assembly(ISA) primitives { return generic() }
