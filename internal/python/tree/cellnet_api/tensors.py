"""Trained weights: tensors where torch is imported, arrays where numpy is there, and
else views of memory with shapes."""

import collections
import sys

# By PyTorch's names: numpy's, and the letters of struct.
_TYPES = {
    "float32": ("<f4", "f"),
    "float64": ("<f8", "d"),
    "float16": ("<f2", "e"),
    "int64": ("<i8", "q"),
    "int32": ("<i4", "i"),
    "int16": ("<i2", "h"),
    "int8": ("i1", "b"),
    "uint8": ("u1", "B"),
    "bool": ("?", "?"),
}


def state_dict(tensors):
    """The weights of a network, or None."""
    if tensors is None:
        return None
    import base64

    return collections.OrderedDict((name, _tensor(dtype, shape, base64.b64decode(text))) for name, dtype, shape, text in tensors)


def _tensor(dtype, shape, data):
    torch = sys.modules.get("torch")
    if torch is not None:
        if not data:
            return torch.empty(shape, dtype=getattr(torch, dtype))
        return torch.frombuffer(bytearray(data), dtype=getattr(torch, dtype)).reshape(shape)
    numpy = numpy_or_none()
    if dtype not in _TYPES:
        return data
    if numpy is not None:
        return numpy.frombuffer(bytearray(data), dtype=_TYPES[dtype][0]).reshape(shape)
    view = memoryview(bytearray(data))
    try:
        return view.cast(_TYPES[dtype][1], shape)
    except (TypeError, ValueError):  # a scalar, an empty one, half of a float
        return view


def numpy_or_none():
    try:
        import numpy
    except ImportError:
        return None
    return numpy
