// Package pyapi answers the calls of the published Python programs nas_201_api 2.0
// and nats_bench 1.8, for Python packages of the same names that ask for them over a
// pipe or a connection.
//
// A client writes a request a line, a JSON object with the name of a call and its
// arguments, and reads an answer a line:
//
//	{"call": "open", "args": {"file": "nb201.parquet", "program": "nats_bench", "space": "topology"}}
//	{"result": {"length": 15625, ...}}
//	{"call": "get_latency", "args": {"index": 11, "dataset": "cifar10", "hp": "200"}}
//	{"result": 0.013268}
//
// The first call is open. What the published program prints comes as "stdout" beside
// the result, what it warns of as "warning". Where it raises an exception the answer is
//
//	{"error": "KeyError", "message": "architecture 11 has no trial on svhn"}
//
// with the name of Python's class. Where it draws a random number below N, a line
// {"choose": N} is followed by the answers for all N numbers, of which the client draws
// one, so that a program's random.seed decides as ever. Where it draws several numbers,
// or one of many, a line {"draw": N} wants a line with a number instead. Integers have no point and
// floats have one, also where they are whole; what is not recorded is null; numbers
// that are none are NaN as Python writes it.
package pyapi
