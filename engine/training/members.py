"""Where the arrays and numbers of an operation are, and what they are called."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from engine.nn.layers import Layer
from engine.nn.losses import Loss
from engine.nn.network import Network
from engine.nn.signals import Array
from engine.training.program import Operation

# Those that come first, where an operation has several.
FIRST = ("inputs", "doutput", "output", "dinputs")

# An object, and the name of its attribute.
Member = tuple[Any, str]


def owners(operation: Operation) -> list[Any]:
    """Return the layer, loss or optimizer that does the operation, and what it does it to."""
    targets = operation.run.args if isinstance(operation.run, partial) else ()
    return [operation.method.__self__, *targets]


def members(operation: Operation) -> dict[str, Member]:
    """Return where the arrays and numbers of an operation are, by their names.

    An attribute is looked up when it is needed: a batch of another size has other arrays.
    """
    owner, *targets = owners(operation)
    kind = operation.name.rpartition(".")[0]
    places: list[tuple[str, Any]] = []
    for target in targets:
        if isinstance(target, Network):
            places += [("network", target), *((layer.name, layer) for layer in target.layers)]
    found: dict[str, Member] = {}
    for name, place in places:
        for attribute in _trained(place):
            found[f"{name}.{attribute}"] = place, attribute
    own = {f"{kind}.{member[1]}": member for member in _public(owner)}
    return {**own, **found}


def value_of(member: Member) -> Array:
    """Return what is there now; NaN where there is nothing yet."""
    owner, attribute = member
    value = getattr(owner, attribute, None)
    return np.asarray(np.nan if value is None else value)


def _trained(place: Any) -> list[str]:
    """Return the names of a network's flat vectors, or of a layer's views of them."""
    if isinstance(place, Network):
        return ["parameters", "gradients"]
    return [name for _, name in _public(place) if _is_trained(place, name)]


def _is_trained(place: Any, name: str) -> bool:
    value = getattr(place, name, None)
    return isinstance(value, np.ndarray) and any(
        np.may_share_memory(value, flat) for flat in (place.parameters, place.gradients)
    )


def is_parameter(member: Member) -> bool:
    """Whether it is trained: a view of a layer's parameters, or the network's own."""
    owner, attribute = member
    flat, value = getattr(owner, "parameters", None), getattr(owner, attribute, None)
    if not (isinstance(flat, np.ndarray) and isinstance(value, np.ndarray)):
        return False
    return flat.size > 0 and np.may_share_memory(value, flat)


def gradient_of(member: Member) -> Member | None:
    """Return where a parameter's gradient is, if it has one of its shape."""
    owner, attribute = member
    if not is_parameter(member):
        return None
    name = "gradients" if attribute == "parameters" else f"d{attribute}"
    gradient = getattr(owner, name, None)
    fits = isinstance(gradient, np.ndarray) and gradient.shape == getattr(owner, attribute).shape
    return (owner, name) if fits else None


def _public(owner: Any) -> list[Member]:
    """Return the attributes that hold arrays or numbers, without second names of the same array."""
    found: dict[str, Member] = {}
    seen: set[tuple[Any, ...]] = set()
    for place in parts_of(owner):
        for name, value in vars(place).items():
            if name.startswith("_") or name in found or not _is_value(value):
                continue
            if isinstance(value, np.ndarray):
                span = value.__array_interface__["data"][0], value.shape, value.strides
                if span in seen or not value.size or _is_flat(place, name):
                    continue
                seen.add(span)
            found[name] = place, name
    order = {name: k for k, name in enumerate(FIRST)}
    return [found[name] for name in sorted(found, key=lambda n: order.get(n, len(order)))]


def parts_of(owner: Any) -> Iterator[Any]:
    """Yield an object and the layers and losses that it is made of."""
    yield owner
    for value in vars(owner).values():
        if isinstance(value, Layer | Loss):
            yield from parts_of(value)


def _is_value(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.generic | float | int) and not isinstance(value, bool)


def _is_flat(place: Any, name: str) -> bool:
    """Whether it is the flat vector of what the layer has views of by better names."""
    if name not in ("parameters", "gradients") or not isinstance(place, Layer):
        return False
    flat = getattr(place, name)
    others = (v for k, v in vars(place).items() if k != name and not k.startswith("_"))
    return any(isinstance(v, np.ndarray) and np.may_share_memory(v, flat) for v in others)
