package scale

import (
	"encoding/binary"
	"math"
)

// emitter writes a pickle of protocol 2 as Python's pickler does: every new
// object gets a memo entry, what was written before is referred to. It writes
// into a buffer that the caller empties.
type emitter struct {
	buf    []byte
	memo   uint32
	shared map[string]uint32
}

func (e *emitter) raw(s string) { e.buf = append(e.buf, s...) }

func (e *emitter) put() uint32 {
	id := e.memo
	e.memo++
	if id < 256 {
		e.buf = append(e.buf, 'q', byte(id))
	} else {
		e.buf = binary.LittleEndian.AppendUint32(append(e.buf, 'r'), id)
	}
	return id
}

func (e *emitter) get(id uint32) {
	if id < 256 {
		e.buf = append(e.buf, 'h', byte(id))
	} else {
		e.buf = binary.LittleEndian.AppendUint32(append(e.buf, 'j'), id)
	}
}

// text writes a new string object.
func (e *emitter) text(s string) uint32 {
	e.buf = binary.LittleEndian.AppendUint32(append(e.buf, 'X'), uint32(len(s)))
	e.raw(s)
	return e.put()
}

// name writes a string that is one object throughout the file.
func (e *emitter) name(s string) {
	if id, ok := e.shared[s]; ok {
		e.get(id)
		return
	}
	e.shared[s] = e.text(s)
}

// global writes a class.
func (e *emitter) global(module, name string) {
	key := module + "\n" + name + "\n"
	if id, ok := e.shared[key]; ok {
		e.get(id)
		return
	}
	e.raw("c" + key)
	e.shared[key] = e.put()
}

func (e *emitter) integer(n int) {
	switch {
	case n >= 0 && n < 1<<8:
		e.buf = append(e.buf, 'K', byte(n))
	case n >= 0 && n < 1<<16:
		e.buf = append(e.buf, 'M', byte(n), byte(n>>8))
	default:
		e.buf = binary.LittleEndian.AppendUint32(append(e.buf, 'J'), uint32(n))
	}
}

func (e *emitter) float(f float64) {
	e.buf = binary.BigEndian.AppendUint64(append(e.buf, 'G'), math.Float64bits(f))
}

// scalar writes a numpy.float64.
func (e *emitter) scalar(f float64) uint32 {
	e.global("numpy.core.multiarray", "scalar")
	if id, ok := e.shared["dtype f8"]; ok {
		e.get(id)
	} else {
		e.global("numpy", "dtype")
		e.text("f8")
		e.raw("\x89\x88\x87")
		e.put()
		e.raw("R")
		e.shared["dtype f8"] = e.put()
		e.raw("(K\x03")
		e.text("<")
		e.raw("NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t")
		e.put()
		e.raw("b")
	}
	e.global("_codecs", "encode")
	var latin1 []rune
	for _, b := range binary.LittleEndian.AppendUint64(nil, math.Float64bits(f)) {
		latin1 = append(latin1, rune(b))
	}
	e.text(string(latin1))
	e.name("latin1")
	e.raw("\x86")
	e.put()
	e.raw("R")
	e.put()
	e.raw("\x86")
	e.put()
	e.raw("R")
	return e.put()
}

func (e *emitter) emptyDict() {
	e.raw("}")
	e.put()
}

func (e *emitter) orderedDict() {
	e.global("collections", "OrderedDict")
	e.raw(")R")
	e.put()
}

func (e *emitter) emptyList() {
	e.raw("]")
	e.put()
}
