"""A state as bytes, put into a freshly built graph of the same program."""

import collections
import contextlib
import itertools
import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.training.state import State, StateError
from tests.engine.graphs import Plain, change, grow

PROGRAM = """
import collections, random, sys
import numpy as np
from engine.training.state import State

class Dense:
    passes = 0
    def __init__(self, n, m):
        self.weights = np.ones((n, m)); self.activation = np.tanh
    def forward(self, x):
        global calls
        calls += 1
        Dense.passes += 1
        self.output = self.activation(x @ self.weights)
        return self.output

class Momentum:
    def __init__(self, layers):
        self.layers = layers
        self.params = [layer.weights for layer in layers]
        self.by_id = {id(p): np.zeros_like(p) for p in self.params}
        self.by_name, self.history = {}, collections.deque(maxlen=3)
        self.rng, self.old = np.random.default_rng(7), np.random.RandomState(3)
        self.random = random.Random(1)
        self.nested = {"a": [1, [2.5, {"b": (np.float32(1), 10**30, None)}]]}
    def update(self):
        for k, p in enumerate(self.params):
            v = self.by_name.setdefault(f"dense_{k}", np.asfortranarray(np.zeros_like(p)))
            self.by_id[id(p)] += 1
            v *= 0.9
            v -= self.rng.normal(size=p.shape) + self.by_id[id(p)]
            v += self.old.normal() + self.random.random()
            p += v
        self.nested["a"][1][0] += 1
        self.nested["a"].append([calls])
        self.history.append(float(p.sum()))
        self.extra = np.random.Generator(np.random.Philox(len(self.history)))

calls = 0
layers = [Dense(2, 3), Dense(3, 2)]
optimizer = Momentum(layers)
roots = {"dense_1": layers[0], "dense_2": layers[1], "optimizer": optimizer}

def train(steps):
    for _ in range(steps):
        layers[1].forward(layers[0].forward(np.eye(2)))
        optimizer.update()

def summary():
    o = optimizer
    print([w.tobytes().hex() for w in (*o.params, *o.by_name.values(), layers[1].output)], o.nested,
          o.history, calls, Dense.passes, o.extra.random(), o.rng.random(), o.random.random(),
          o.old.normal(), o.params[0] is layers[0].weights, [*o.by_id] == [*map(id, o.params)])
"""


def run(program, data=b""):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + program], input=data, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_an_optimizer_goes_on_in_a_fresh_process():
    whole = run("train(9); summary()")
    stored = run("train(5); sys.stdout.buffer.write(State.capture(roots).to_bytes())")
    load = "state = State.load(sys.stdin.buffer.read(), roots); state.restore(); "
    assert run(load + "train(4); summary()", stored) == whole
    again = load + "sys.stdout.buffer.write(State.capture(roots).to_bytes())"
    assert run(again, stored) == stored
    assert run("train(7);" + load + "train(4); summary()", stored) == whole


@pytest.mark.parametrize(
    "value",
    [
        [None, True, 1, -(2**70), 1.5, -0.0, 1e-320, 2j, "é\ud800", b"\0", range(3), ...],
        {1: "a", "1": "b", (1, 2): [()], None: {}},
        {1, "a", (2, 3), frozenset({4})},
        collections.OrderedDict(b=1, a=2),
        collections.defaultdict(list, a=[1]),
        bytearray(b"ab"),
        [np.float32(1.5), np.int8(3), np.bool_(True), np.datetime64("2020-01-01")],
        np.arange(24).reshape(2, 3, 4).transpose(1, 2, 0),
        np.zeros(2, np.dtype([("a", "i1"), ("b", "f8", (2,))], align=True)),
        np.array(7.0),
        np.zeros((0, 3), ">f4"),
        np.array([1, [2], None], object),
        random.Random(3),
        np.random.Generator(np.random.SFC64(3)),
        np.random.RandomState(3),
    ],
)
def test_what_is_not_there_is_made(value):
    stored = State.capture({"layer": Plain(value=value, twice=[value, value])})
    layer = Plain()
    State.load(stored.to_bytes(), {"layer": layer}).restore()
    assert State.capture({"layer": layer}).difference(stored) is None
    assert type(layer.value) is type(value)
    if isinstance(value, np.ndarray):
        assert layer.value.strides == value.strides or not value.size


def test_the_bits_of_a_nan():
    value = float(np.array([0x7FF8_0000_0000_1234], np.uint64).view(np.float64)[0])
    stored = State.capture({"layer": Plain(value=value)})
    layer = Plain()
    State.load(stored.to_bytes(), {"layer": layer}).restore()
    assert np.float64(layer.value).tobytes() == np.float64(value).tobytes()


def test_cycles_and_views_are_made_too():
    flat = np.arange(6.0)
    loop = [flat[1:3], flat, flat[::-2]]
    loop.append((loop, {"loop": loop}))
    stored = State.capture({"layer": Plain(loop=loop)})
    layer = Plain()
    State.load(stored.to_bytes(), {"layer": layer}).restore()
    assert layer.loop[3][0] is layer.loop[3][1]["loop"] is layer.loop
    layer.loop[1][:] = [9, 8, 7, 6, 5, 4]
    assert layer.loop[0].tolist() == [8, 7]
    assert layer.loop[2].tolist() == [4, 6, 8]


def test_live_arrays_are_written_in_place_also_where_they_were_bound_anew():
    weights = np.zeros(3)
    layer, optimizer = Plain(weights=weights), Plain(params=[weights], view=weights[1:])
    roots = {"layer": layer, "optimizer": optimizer}
    weights[:] = 4
    data = State.capture(roots).to_bytes()
    weights[:] = 1
    state = State.load(data, roots)
    assert weights[0] == 1, "loading changes nothing"
    state.restore()
    assert layer.weights is optimizer.params[0] is weights
    assert optimizer.view.base is weights
    assert weights.tolist() == [4, 4, 4]
    layer.weights = np.zeros(3)
    State.load(data, roots).restore()
    assert layer.weights is optimizer.params[0]
    assert layer.weights.tolist() == [4, 4, 4]


def test_attributes_omitted_and_classes_skipped_stay():
    layer = Plain(output=1, weights=2, data=collections.UserList([1]))
    options = {"omit": lambda _: ("output",), "skip": (collections.UserList,)}
    data = State.capture({"layer": layer}, **options).to_bytes()
    other = Plain(output=5, weights=6, data=collections.UserList([7]))
    State.load(data, {"layer": other}, **options).restore()
    assert (other.output, other.weights, other.data) == (5, 2, [7])


Moments = collections.namedtuple("Moments", "first second")


def test_named_tuples():
    layer = Plain(moments=Moments(np.zeros(2), 1), same=Moments(0, 1))
    same = layer.same
    data = State.capture({"layer": layer}).to_bytes()
    layer.moments[0][:] = 5
    layer.moments = Moments(layer.moments[0], 7)
    State.load(data, {"layer": layer}).restore()
    assert isinstance(layer.moments, Moments)
    assert (layer.moments.first.tolist(), layer.moments.second) == ([0, 0], 1)
    assert layer.same is same


class Other:
    pass


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
class TestRefusals:
    @pytest.mark.parametrize(
        "make", [itertools.count, lambda: (n for n in "ab"), lambda: iter([1])]
    )
    def test_iterators(self, make):
        state = State.capture({"optimizer": Plain(steps=[make()])})
        with pytest.raises(StateError, match=r"^optimizer\.steps\[0\] is an iterator"):
            state.to_bytes()

    @pytest.mark.parametrize(
        ("stored", "live", "line"),
        [
            (Plain(part=Plain()), Plain(), r"layer\.part is object .*\.Plain in the stored"),
            (Plain(part=Plain()), Plain(part=Other()), r"layer\.part is object .*\.Plain"),
            (Other(), Plain(), r"layer is object .*\.Other"),
            (Plain(a=np.tanh), Plain(a=np.sinh), r"layer\.a is numpy.ufunc <ufunc 'tanh'> in the"),
            (Plain(a=[1, max]), Plain(a=[1]), r"layer\.a\[1\]"),
        ],
    )
    def test_what_is_neither_there_nor_can_be_made(self, stored, live, line):
        data = State.capture({"layer": stored}).to_bytes()
        before = State.capture({"layer": live})
        with pytest.raises(StateError, match=f"^{line}"):
            State.load(data, {"layer": live})
        assert State.capture({"layer": live}).difference(before) is None

    def test_roots_of_another_program(self):
        data = State.capture({"dense_1": [], "dropout_1": []}).to_bytes()
        with pytest.raises(StateError, match=r"^dropout_1 is not here"):
            State.load(data, {"dense_1": []})
        with pytest.raises(StateError, match=r"^dense_2 is not in the stored state"):
            State.load(data, {"dense_1": [], "dropout_1": [], "dense_2": []})

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_damaged_bytes(self, data):
        layer = Plain(
            w=np.arange(3.0), d={"a": (1, 2.5)}, rng=np.random.default_rng(1), r=random.Random(1)
        )
        damaged = bytearray(State.capture({"layer": layer}).to_bytes())
        for _ in range(data.draw(st.integers(1, 3))):
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
        before = State.capture({"layer": layer})
        with contextlib.suppress(StateError):
            State.load(bytes(damaged), {"layer": layer})
        assert State.capture({"layer": layer}).difference(before) is None

    def test_bytes_of_something_else(self):
        for data in (b"", b"nonsense", State.capture({"a": [1]}).to_bytes()[:-2]):
            with pytest.raises(StateError, match="not the bytes of a state"):
                State.load(data, {"a": []})


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 20))
def test_any_graph_is_put_into_one_built_alike(seed, changes):
    nodes, others = grow(random.Random(seed)), grow(random.Random(seed))
    roots, there = ({f"node_{k}": n for k, n in enumerate(ns)} for ns in (nodes, others))
    stored = State.capture(roots)
    rng = random.Random(seed + 1)
    for _ in range(changes):
        change(rng, rng.choice(others), others)
    before = State.capture(there)
    try:
        state = State.load(stored.to_bytes(), there)
    except StateError as error:  # a key of a dict that is there no more, and cannot be made
        reason, state = str(error), None
    assert State.capture(there).difference(before) is None
    if not state:
        assert changes
        assert "object tests.engine.graphs.Plain" in reason
        return
    state.restore()
    assert State.capture(there).difference(stored) is None
    assert State.capture(there).digest() == stored.digest() == state.digest()
    assert all(there[name] is node for name, node in zip(there, others, strict=True))
