package kernel

// The assembly, its declarations and the structs of its arguments, and the assembly
// of package mt19937, are written by the program in _asm, a module of its own. That
// they are what it writes:
//
//	go generate ./internal/kernel && git diff --exit-code internal/kernel internal/mt19937

//go:generate go run -C _asm . -dir ..
