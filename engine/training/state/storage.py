"""A state as bytes, and bytes as the state of objects that are there."""

from __future__ import annotations

import hashlib
import types
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.lib import format as npy

from engine.training.state.arrays import ELEMENTS
from engine.training.state.comparison import Graph, Path, described, text_of, token
from engine.training.state.kinds import UNKNOWN, Kind
from engine.training.state.leaves import ABSENT, LEAVES, Absent
from engine.training.state.stateful import ITERATOR


class StateError(ValueError):
    """A state that cannot be stored, or not be put into the objects that are there."""


class Node(msgspec.Struct, array_like=True):
    """A record as it is stored.

    Values are numbers, text and bytes as they are, and else a list of a tag and what it needs.
    """

    kind: str
    token: str
    plain: Any
    values: list[Any]
    labels: list[str] | None


class Stored(msgspec.Struct, array_like=True):
    """All of a state as it is stored."""

    roots: dict[str, Any]
    namespaces: dict[str, dict[str, Any]]
    nodes: list[Node]


_decoder = msgspec.msgpack.Decoder(Stored)


def encode(graph: Graph) -> bytes:
    """Return a state as bytes.

    Raises
    ------
    StateError
        If the state holds something that a training advances and that cannot be stored, as an
        iterator.
    """
    for path, (kind, thing, _) in graph.paths():
        _refuse(kind, thing, path)
    return _encode(graph, np.ndarray.tobytes)


def digest(graph: Graph) -> str:
    """Return a digest of what a state as bytes would hold, without copies of its arrays."""
    return hashlib.sha256(_encode(graph, _digest_of_array)).hexdigest()


def _digest_of_array(array: np.ndarray[Any, Any]) -> bytes:
    data = (
        array.data if array.flags.c_contiguous and array.dtype.kind in "biufc" else array.tobytes()
    )
    return hashlib.sha256(data).digest()


def _encode(graph: Graph, bytes_of: Callable[[np.ndarray[Any, Any]], bytes]) -> bytes:
    found = list(graph.paths())
    index = {id(thing): number for number, (_, (_, thing, _)) in enumerate(found)}
    copies = {
        id(content): index[id(thing)]
        for _, (_, thing, content) in found
        if isinstance(content, np.ndarray)
    }

    def value_of(value: Any) -> Any:
        number = index.get(id(value))
        if number is not None:
            return ["ref", number]
        if type(value) is int and value in index:
            return ["id", index[value]]
        return _encode_leaf(value)

    nodes = []
    for _, (kind, thing, content) in found:
        values, labels = kind.values(content), graph.labels(kind, content)
        if kind.name in ("set", "frozenset"):
            values = sorted(values, key=lambda v: repr(v) if type(v) in LEAVES else "")
        plain = kind.plain(content)
        if isinstance(plain, np.ndarray) and plain.base is not None and id(plain.base) in copies:
            plain = _encode_view(plain, copies[id(plain.base)])
        else:
            plain = _encode_leaf(plain)
        named = None if labels == _positions(values) else labels
        stored = [*map(value_of, values)]
        nodes.append(Node(kind.name, token(thing), plain, stored, named))
    roots = {name: value_of(value) for name, value in graph.roots.items()}
    namespaces = {
        label: {name: value_of(value) for name, value in namespace.values.items()}
        for label, namespace in graph.labelled().items()
    }
    return msgspec.msgpack.encode(Stored(roots, namespaces, nodes), enc_hook=bytes_of)


def decode(data: bytes) -> Stored:
    """Return what bytes hold.

    Raises
    ------
    StateError
        If they are not those of a state.
    """
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StateError(f"these are not the bytes of a state: {error}") from None


def labels_of(node: Node) -> list[str]:
    """Return where each of the values of a node stands."""
    return _positions(node.values) if node.labels is None else node.labels


def _positions(values: Sequence[Any]) -> list[str]:
    return [f"[{number}]" for number in range(len(values))]


def _refuse(kind: Kind, thing: Any, path: Path) -> None:
    """Raise if a training advances a thing, and it cannot be stored."""
    advances = hasattr(type(thing), "__next__") and not hasattr(type(thing), "fileno")
    if kind is ITERATOR or (kind is UNKNOWN and advances):
        raise StateError(
            f"{text_of(path)} is an iterator ({token(thing)}), which cannot be stored: "
            "keep a counter or a generator of random numbers instead"
        )
    if kind.name == ELEMENTS.name and thing.dtype.kind == "T":
        raise StateError(f"{text_of(path)} is an array of {thing.dtype}: use dtype str instead")


def _encode_leaf(value: Any) -> Any:
    match value:
        case np.ndarray():
            return _encode_array(value)
        case np.generic():
            return ["scalar", *_encode_array(np.asarray(value))[1:]]
        case None | bool() | float() | bytes() if type(value) in LEAVES:
            return value
        case int() if type(value) is int:
            return value if -(1 << 63) <= value < 1 << 63 else ["int", str(value)]
        case str() if type(value) is str:
            return ["text", value.encode("utf-8", "surrogatepass")]
        case complex() if type(value) is complex:
            return ["complex", value.real, value.imag]
        case range():
            return ["range", value.start, value.stop, value.step]
        case slice():
            return ["slice", *map(_encode_leaf, (value.start, value.stop, value.step))]
        case np.dtype() if value.kind != "T":
            return ["dtype", npy.dtype_to_descr(value)]
        case types.EllipsisType():
            return ["..."]
        case tuple() | list():
            return [type(value).__name__, [*map(_encode_leaf, value)]]
        case dict():
            return ["dict", [*map(_encode_leaf, value)], [*map(_encode_leaf, value.values())]]
        case Absent():
            return ["absent"]
    return ["same", described(value)]


def _encode_array(array: np.ndarray[Any, Any]) -> list[Any]:
    if array.dtype.kind == "T":
        return ["list", array.ravel().tolist()]
    axes = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
    descr = npy.dtype_to_descr(array.dtype)
    return ["array", descr, array.shape, axes, array.flags.writeable, array.transpose(axes)]


def _encode_view(view: np.ndarray[Any, Any], owner: int) -> list[Any]:
    offset = (
        view.__array_interface__["data"][0] - view.base.__array_interface__["data"][0]  # type: ignore[union-attr]
    )
    descr = npy.dtype_to_descr(view.dtype)
    return ["view", descr, view.shape, view.strides, view.flags.writeable, offset, owner]


def decode_leaf(value: Any) -> Any:
    """Return a leaf, or a plain part of a content, from what is stored."""
    if not isinstance(value, list):
        return value
    match value:
        case ["array", *parts]:
            return _decode_array(*parts)
        case ["scalar", *parts]:
            return _decode_array(*parts)[()]
        case ["int", digits]:
            return int(digits)
        case ["text", data]:
            return data.decode("utf-8", "surrogatepass")
        case ["complex", real, imaginary]:
            return complex(real, imaginary)
        case ["range", *parts]:
            return range(*parts)
        case ["slice", *parts]:
            return slice(*map(decode_leaf, parts))
        case ["dtype", descr]:
            return decode_type(descr)
        case ["..."]:
            return ...
        case ["absent"]:
            return ABSENT
        case ["tuple", values]:
            return (*map(decode_leaf, values),)
        case ["list", values]:
            return [*map(decode_leaf, values)]
        case ["dict", keys, values]:
            return dict(zip(map(decode_leaf, keys), map(decode_leaf, values), strict=True))
    raise StateError(f"a state is damaged: it holds {value[0]!r}")


def decode_type(descr: Any) -> np.dtype[Any]:
    """Return the type of an array's elements."""
    return npy.descr_to_dtype(_tuples(descr))


def _tuples(descr: Any) -> Any:
    if not isinstance(descr, list):
        return descr
    return [
        (tuple(name) if isinstance(name, list) else name, _tuples(kind), *map(tuple, shape))
        for name, kind, *shape in descr
    ]


def _decode_array(
    descr: Any, shape: list[int], axes: list[int], writeable: bool, data: bytes
) -> np.ndarray[Any, Any]:
    flat = (
        np.frombuffer(data, decode_type(descr)).copy() if data else np.empty(0, decode_type(descr))
    )
    array = flat.reshape([shape[axis] for axis in axes]).transpose(np.argsort(axes))
    array.flags.writeable = writeable
    return array
