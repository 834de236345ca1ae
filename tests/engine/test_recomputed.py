"""What a formula assigns anew makes no difference; what it is not said to use, neither."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings

from engine.training.formulas import recomputed, uses_of
from tests.thin import thinned
from tests.written import build, programs


class Part:
    def __init__(self):
        self.scale, self.output = np.ones(2), np.zeros(2)

    def forward(self, x):
        self.output = x * self.scale


class Layers:
    """Layers of which some attributes are recomputed, and others are not."""

    class Plain:
        def forward(self, inputs):
            self.inputs = inputs
            self.output = inputs * 2

        def backward(self, dvalues):
            self.dinputs = self.inputs * dvalues

    class BothWays:
        def forward(self, inputs):
            if inputs[0] > 0.4:
                self.output = inputs
            else:
                self.output = -inputs

        def backward(self, dvalues):
            for _ in range(2):
                self.output *= dvalues

    class EarlyReturn:
        def forward(self, inputs):
            self.kept = inputs * 1
            if inputs[0] > 0.4:
                self.output = inputs
                return
            self.output = self.kept + 1
            self.late = inputs

        def backward(self, dvalues):
            return self.output

    class RunningMean:
        mean = np.zeros(2)

        def forward(self, inputs):
            self.mean = 0.9 * self.mean + 0.1 * inputs
            self.output = inputs - self.mean

        def backward(self, dvalues):
            self.dinputs = dvalues * self.mean

    class Momentum:
        def forward(self, inputs):
            if not hasattr(self, "velocity"):
                self.velocity = np.zeros(2)
            self.velocity = 0.5 * self.velocity + inputs
            self.output = self.velocity

        def backward(self, dvalues):
            self.output += dvalues

    class Conditional:
        def forward(self, inputs):
            if inputs[0] > 0.4:
                self.mask = inputs > 0.5
            self.output = inputs * getattr(self, "mask", 1)

        def backward(self, dvalues):
            return self.mask

    class InALoop:
        def forward(self, inputs):
            for x in inputs[inputs > 0.45]:
                self.largest = x
            self.output = inputs * self.largest

        def backward(self, dvalues):
            return self.largest

    class Tried:
        def forward(self, inputs):
            try:
                self.count = self.count + 1
            except AttributeError:
                self.count = 1
            try:
                self.share = 1 / float(inputs[0] > 0.4)
                self.output = inputs * self.count
            except ZeroDivisionError:
                pass

        def backward(self, dvalues):
            return self.output * self.count

    class Nested:
        def forward(self, inputs):
            def earlier():
                return self.last

            self.output = inputs + getattr(self, "last", 0)
            self.last = inputs
            self.again = lambda: self.later
            self.later = earlier()

        def backward(self, dvalues):
            return self.later

    class StoredFunction:
        def __init__(self):
            self.later, self.hook = np.ones(2), lambda: self.later * 2

        def forward(self, inputs):
            self.output = self.hook()
            self.later = inputs

        def backward(self, dvalues):
            return dvalues * self.later

    class InPlace:
        def __init__(self):
            self.output = np.zeros(2)

        def forward(self, inputs):
            self.output[inputs > 0.4] = 1

        def backward(self, dvalues):
            self.output = self.output * dvalues

    class Alias:
        def __init__(self):
            self.sum = np.zeros(2)

        def forward(self, inputs):
            total = self.sum
            self.sum = inputs
            total += inputs
            self.sum, self.output = total, self.sum

        def backward(self, dvalues):
            return self.sum

    class WrittenLater:
        def forward(self, inputs):
            self.output = inputs + getattr(self, "dinputs", 0)

        def backward(self, dvalues):
            self.dinputs = dvalues

    class Deleted:
        def forward(self, inputs):
            self.tape = inputs
            self.first = not hasattr(self, "done")
            self.done = True

        def backward(self, dvalues):
            self.dinputs = self.tape * dvalues * self.first
            del self.tape

    class OfParts:
        def __init__(self):
            self.part = Part()

        def forward(self, inputs):
            self.part.forward(inputs)
            self.output = self.part.output

        def backward(self, dvalues):
            self.part.scale = self.part.scale * dvalues

    class OwnerOfOwner:
        def __init__(self):
            self.me, self.output = self, np.zeros(2)

        def forward(self, inputs):
            self.seen = self.me.output * 1
            self.output = inputs

        def backward(self, dvalues):
            return self.seen

    class Suppressed:
        def forward(self, inputs):
            with contextlib.suppress(IndexError):
                self.third = inputs[2 if inputs[0] > 0.4 else 1]
            self.output = inputs

        def backward(self, dvalues):
            return dvalues * self.third


RECOMPUTED = {
    "Plain": "inputs output dinputs",
    "BothWays": "output",
    "EarlyReturn": "kept output",
    "RunningMean": "output dinputs",
    "Momentum": "output",
    "Conditional": "output",
    "InALoop": "output",
    "Tried": "",
    "Nested": "output again",
    "StoredFunction": "output",
    "InPlace": "",
    "Alias": "output",
    "WrittenLater": "output",
    "Deleted": "tape first dinputs",
    "OfParts": "part.output output",
    "OwnerOfOwner": "seen",
    "Suppressed": "output",
}


@pytest.mark.parametrize("name", RECOMPUTED)
def test_what_is_recomputed(name):
    layer = getattr(Layers, name)()
    found = recomputed(layer, [layer.forward, layer.backward])
    assert found == set(RECOMPUTED[name].split())
    assert recomputed(Layers(), [layer.forward]) == set(), "of another object"


ERRORS = AttributeError, IndexError, KeyError, TypeError, UnboundLocalError, ValueError


def arrays(layer):
    """Return the bits of all arrays of a layer and its part."""
    places = {"": vars(layer), "part.": vars(getattr(layer, "part", None) or Part())}
    return {
        prefix + name: (value.tobytes(), value.dtype, value.shape)
        for prefix, names in places.items()
        for name, value in names.items()
        if isinstance(value, np.ndarray)
    }


def spoil(layer, name, deleted):
    *parts, name = name.split(".")
    for part in parts:
        layer = getattr(layer, part)
    vars(layer).pop(name, None)
    if not deleted:
        setattr(layer, name, np.array([17.0, -3.0]))


def iterate(layer, names=(), deleted=False):
    """Return all that three iterations bring about, with some attributes spoilt before each.

    An error ends it, as it ends a training.
    """
    results = []
    for k in range(3):
        for name in names if k else ():
            spoil(layer, name, deleted)
        for method in (layer.forward, layer.backward):
            try:
                returned = method(np.array([0.35 + 0.1 * k, 0.6]))
            except ERRORS as error:
                return [*results, type(error)]
            results.append(np.asarray(returned).tobytes() if returned is not None else None)
        results.append(arrays(layer))
    return results


@pytest.mark.parametrize("deleted", [False, True])
@pytest.mark.parametrize("name", thinned(RECOMPUTED, 2))
def test_what_is_recomputed_makes_no_difference(name, deleted):
    kind = getattr(Layers, name)
    assert iterate(kind(), RECOMPUTED[name].split(), deleted) == iterate(kind())


@settings(max_examples=30, deadline=None)
@given(programs())
def test_what_is_recomputed_makes_no_difference_whatever_is_written(text):
    layer = build(text)
    names = recomputed(layer, [layer.forward, layer.backward])
    if names:
        plain = iterate(layer)
        assert iterate(build(text), names) == plain
        assert iterate(build(text), names, deleted=True) == plain


def once(layer):
    try:
        returned = layer.forward(np.array([0.35, 0.6]))
    except ERRORS as error:
        return type(error)
    return np.asarray(returned).tobytes(), arrays(layer)


@settings(max_examples=30, deadline=None)
@given(programs())
def test_nothing_else_is_read_or_written_whatever_is_written(text):
    layer = build(text)
    uses = uses_of(layer.forward)
    if uses.opaque:
        return
    before = arrays(layer)
    plain = once(layer)
    changed = {n for n, value in arrays(layer).items() if before.get(n) != value}
    assert {f"self.{n}" for n in changed} <= {*uses.writes}
    needed = {*uses.reads, *uses.writes} - uses.overwrites
    for name in before:
        if f"self.{name}" not in needed and isinstance(plain, tuple):
            other = build(text)
            spoil(other, name, deleted=False)
            returned, after = once(other)
            if f"self.{name}" not in uses.overwrites:
                after[name] = before[name]
            assert (returned, after) == plain
