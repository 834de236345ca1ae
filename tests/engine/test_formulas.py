"""What people write is understood, or said not to be, and none of it runs."""

import functools
import linecache
from functools import partial
from typing import ClassVar

import numpy as np
import pytest

from engine.training.formulas import Uses, formula_source, place, recomputed, uses_of
from tests import notebook


class Part:
    def __init__(self):
        self.scale, self.output = np.ones(2), np.zeros(2)

    def forward(self, x):
        self.output = x * self.scale

    def __call__(self, x):
        self.forward(x)
        return self.output


class Base:
    def start(self, x):
        self.inputs = x

    @property
    def doubled(self):
        return 2 * self.weights

    @doubled.setter
    def doubled(self, value):
        self.weights = value / 2


def clip(array):
    array[array > 1] = 1


def logged(method):
    @functools.wraps(method)
    def wrapper(self, *args, **kwargs):
        self.calls += 1
        return method(self, *args, **kwargs)

    return wrapper


class Techniques(Base):
    def __init__(self):
        self.weights, self.biases, self.__hidden = np.ones(2), np.ones(2), np.ones(2)
        self.part, self.parts = Part(), [Part(), Part()]
        self.random, self.act, self.shift = np.random.default_rng(1), np.tanh, lambda x: x + 1
        self.cache = {"v": np.zeros(2)}

    def up(self, x):
        super().start(x)

    def by_property(self, x):
        self.doubled = self.doubled + x

    def alias(self):
        w = self.weights.reshape(-1)
        w -= self.biases

    def of_argument(self, layer):
        inner = layer
        inner.weights[:] = 0

    def out(self, x):
        np.add(x, 1, out=self.weights)
        np.multiply(x, x, self.biases)

    def helped(self, x):
        clip(self.weights)
        self._help(x, factor=self.biases)

    def _help(self, x, factor):
        self.output = x * factor

    def parts_called(self, x):
        for part in self.parts:
            part.forward(x)
        return self.part(x)

    def private(self):
        self.__hidden = self.__hidden + 1

    def by_name(self, layer):
        for name in ("weights", "biases"):
            setattr(layer, name, getattr(layer, name) - getattr(layer, f"d{name}"))

    def draws(self, x):
        self.output = x * self.random.random(x.shape)

    def functions_kept(self, x):
        return self.shift(self.act(x))

    def entry(self, x):
        self.cache["v"] = 0.9 * self.cache["v"] + x

    def unpacks(self, x):
        self.a, (self.b, *self.rest) = x[0], x[1:]
        if (n := self.weights.sum()) > 0:
            del self.a
        return [w * n for w in self.b]

    def own_again(self, x):
        self.output = x
        with np.errstate(all="ignore"):
            self.output = self.output * 2
        return self.output

    @logged
    def decorated(self, inputs):
        self.output = inputs

    def changes_what_it_is_given(self, dvalues):
        self.dinputs = dvalues
        self.dinputs[dvalues < 0] = 0

    def swaps(self):
        self.weights, self.biases = self.biases, self.weights


@pytest.mark.parametrize(
    ("name", "reads", "writes", "overwrites"),
    [
        ("up", "x", "inputs", "inputs"),
        ("by_property", "weights x", "weights", ""),
        ("alias", "weights biases", "weights", ""),
        ("of_argument", "", "layer.weights", ""),
        ("out", "x", "weights biases", ""),
        ("helped", "weights biases x", "weights output", "output"),
        (
            "parts_called",
            "part parts x parts[0].scale parts[1].scale part.scale",
            "parts[0].output parts[1].output part.output",
            "part.output",
        ),
        ("private", "_Techniques__hidden", "_Techniques__hidden", ""),
        (
            "by_name",
            "layer.weights layer.dweights layer.biases layer.dbiases",
            "layer.weights layer.biases",
            "",
        ),
        ("draws", "x random", "random output", "output"),
        ("functions_kept", "x shift act", "", ""),
        ("entry", "x cache", "cache", ""),
        ("unpacks", "x weights", "a b rest", "b rest"),
        ("own_again", "x", "output", "output"),
        ("decorated", "inputs calls", "calls output", "output"),
        ("changes_what_it_is_given", "dvalues", "dinputs dvalues", "dinputs"),
        ("swaps", "weights biases", "weights biases", ""),
    ],
)
def test_what_else_people_write(name, reads, writes, overwrites):
    found = uses_of(getattr(Techniques(), name))
    names = [
        {n.removeprefix("self.") for n in some}
        for some in (found.reads, found.writes, found.overwrites)
    ]
    assert names == [set(reads.split()), set(writes.split()), set(overwrites.split())]
    assert not found.opaque


class Opaque:
    names: ClassVar = ["a", "b"]

    def by_variable(self, name):
        return getattr(self, name)

    def sets(self, name):
        setattr(self, name, 1)

    def whole(self):
        return vars(self)

    def attributes(self):
        return self.__dict__

    def run_text(self):
        exec("self.a = 1")

    def given_away(self):
        return str(self)

    def compared(self):
        return self == 1

    def calls_what_it_is_given(self, function):
        return function()

    def calls_what_is_not_there(self):
        return self.missing(1)

    def generates(self):
        yield self.a

    async def waits(self):
        return self.a


class Hooked(Opaque):
    def __getattr__(self, name):
        raise AssertionError("nothing of it may run")

    def __setattr__(self, name, value):
        raise AssertionError("nothing of it may run")

    __class__ = property(lambda self: 1 / 0)
    __eq__ = __hash__ = __repr__ = __len__ = lambda self: 1 / 0

    def plain(self, inputs):
        self.output = inputs


@pytest.mark.parametrize("name", [n for n in vars(Opaque) if not n.startswith(("_", "names"))])
def test_what_cannot_be_known_is_said(name):
    assert uses_of(getattr(Opaque(), name)).opaque
    assert recomputed(Opaque(), [getattr(Opaque(), name)]) == set()


def test_nothing_of_an_object_runs():
    assert uses_of(Hooked().plain) == Uses(
        ("inputs",), ("self.output",), {"self.output"}, opaque=True
    )


class Computes:
    def __call__(self, x):
        self.output = x


def made_by_exec():
    names = {}
    exec("class A:\n    def forward(self, x):\n        self.output = x", names)
    return names["A"]().forward


NO_SOURCE = {
    "ufunc": np.tanh,
    "builtin": len,
    "method of a string": "".join,
    "class": int,
    "cached": functools.lru_cache(len),
    "made by exec": made_by_exec(),
    "nothing": None,
    "number": 3,
    "object": object(),
    "hostile": Hooked(),
    "method of an array": np.zeros(3).sum,
    "method of a generator": np.random.default_rng(1).random,
    "partial": partial(partial(np.add, 1)),
}


@pytest.mark.parametrize("kind", NO_SOURCE)
def test_what_has_no_source_is_opaque_and_no_error(kind):
    method = NO_SOURCE[kind]
    assert uses_of(method).opaque
    assert formula_source(method).startswith("# its source is not available: ")
    assert isinstance(place(method), str)


def test_objects_lambdas_and_partials_are_methods_as_well():
    scale = notebook.GradientDescent()
    assert uses_of(Computes()).writes == ("self.output",)
    assert uses_of(lambda x, y: x + y) == Uses(("x", "y"), returns=True)
    layer = notebook.Dense(2, 3)
    assert uses_of(partial(scale.update_parameters, layer)).writes[0] == "layer.weights"
    assert uses_of(scale.update_parameters, layer).opaque is False


class Declares:
    uses: ClassVar = {
        "forward": Uses(("self.weights", "inputs"), ("self.output",), frozenset({"self.output"}))
    }
    forward = None

    def both(self, x):
        self.forward(x)


class Overrides(Declares):
    def forward(self, inputs):
        self.other = inputs


def test_a_declaration_wins_unless_the_method_is_overridden():
    names = {}
    exec("def forward(self, inputs): self.output = inputs @ self.weights", names)
    declares = type("Compiled", (), {"uses": Declares.uses, "forward": names["forward"]})()
    outer = type("Outer", (), {"both": Declares.both, **vars(type(declares))})()
    assert uses_of(declares.forward) == Declares.uses["forward"]
    assert uses_of(outer.both).reads == ("self.weights", "x")
    assert recomputed(outer, [outer.both]) == {"output"}
    assert uses_of(Overrides().forward).writes == ("self.other",)


class DeclaresForEach:
    def update(self, layer):
        for name in vars(layer):
            setattr(layer, name, 0)

    uses: ClassVar = {
        "update": lambda self, layer: Uses(writes=tuple(f"layer.{name}" for name in vars(layer)))
    }


def test_a_declaration_may_depend_on_the_arguments():
    update = DeclaresForEach().update
    assert uses_of(update, Part()).writes == ("layer.scale", "layer.output")
    assert uses_of(partial(update, Part())).writes == ("layer.scale", "layer.output")
    assert uses_of(update).opaque


# -- source ----------------------------------------------------------------------------------------


def load(tmp_path, text, name="own.py"):
    path = tmp_path / name
    path.write_text(text)
    names = {"__name__": "own"}
    exec(compile(text, str(path), "exec", dont_inherit=True), names)
    return names, path


TABBED = '''\
class A:
\tdef forward(self, x):
\t\t"""Say what it does.

\t\tAt length."""
\t\tself.output = (
\t\t\tx)

\tdef one(self, x): "In a line."; self.output = x

\tdef said(self):
\t\t"""Nothing else."""
'''


def test_source_is_shown_without_docstring_and_indentation(tmp_path):
    names, _ = load(tmp_path, TABBED)
    layer = names["A"]()
    assert formula_source(layer.forward) == "def forward(self, x):\n\tself.output = (\n\t\tx)"
    assert formula_source(layer.one) == 'def one(self, x): "In a line."; self.output = x'
    assert formula_source(layer.said).endswith('"""Nothing else."""')
    assert place(layer.forward) == "own.py:2"
    assert uses_of(layer.forward).writes == ("self.output",)


@pytest.mark.parametrize("change", ["vanished", "changed", "broken"])
def test_a_file_that_is_not_what_runs_is_not_believed(tmp_path, change):
    names, path = load(tmp_path, "class A:\n    def f(self, x):\n        self.a = x\n")
    if change == "vanished":
        path.unlink()
    else:
        path.write_text(
            "class A:\n    def f(self, x):\n        self.b = x" + "(" * (change == "broken")
        )
    linecache.checkcache(str(path))
    assert uses_of(names["A"]().f).opaque
    assert "not available" in formula_source(names["A"]().f)


def test_a_decorated_method_shows_what_it_decorates():
    assert "self.output = inputs" in formula_source(Techniques().decorated)
    assert formula_source(Techniques().decorated).startswith("@logged\ndef decorated")
