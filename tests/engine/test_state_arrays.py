"""Arrays of any layout and generators of random numbers are put back, and share their copies."""

import random
import tracemalloc

import numpy as np
import pytest

from engine.training.state import State
from tests.engine.graphs import Plain


class TestArrays:
    @pytest.mark.parametrize(
        "make",
        [
            lambda: np.arange(6.0)[::-1],
            lambda: np.arange(24).reshape(2, 3, 4)[:, ::2, 1:].T,
            lambda: np.asfortranarray(np.arange(6.0).reshape(2, 3)),
            lambda: np.array(3.0),
            lambda: np.zeros((0, 3)),
            lambda: np.zeros(2, np.dtype([("a", "i1"), ("b", "f8", (2,))], align=True)),
            lambda: np.array(["a", "bc"]),
            lambda: np.array(["2020-01-01"], "M8[D]"),
            lambda: np.arange(3, dtype=np.longdouble),
            lambda: np.arange(5000.0)[::2],
            lambda: np.array(["a", "b" * 50], np.dtypes.StringDType()),
        ],
    )
    def test_every_layout_and_type(self, make):
        array_ = make()
        state = State.capture({"a": array_})
        before = repr(array_)
        if array_.size:
            array_[...] = np.ones((), array_.dtype) if array_.dtype.names is None else (1, 1)
            assert repr(array_) != before
        later = State.capture({"a": array_}, previous=state)
        assert (later.difference(state) is None) == (repr(array_) == before)
        state.restore()
        assert repr(array_) == before
        assert State.capture({"a": array_}, previous=state).difference(state) is None

    def test_views_share_the_copy_of_what_they_are_views_of(self):
        flat = np.arange(10_000.0)
        layer = Plain(weights=flat[:9000].reshape(90, 100), biases=flat[9000:][::-1])
        state = State.capture({"layer": layer, "network": Plain(parameters=flat)})
        assert flat.nbytes <= state.nbytes < 1.2 * flat.nbytes
        layer.weights[:] = layer.biases[:] = 0
        state.restore()
        assert flat.tolist() == list(range(10_000))

    def test_states_share_copies_of_what_did_not_change(self):
        layer = Plain(weights=np.zeros(10_000), moving=np.zeros(10_000), rng=random.Random(1))
        first = State.capture({"layer": layer})
        layer.moving += 1
        second = State.capture({"layer": layer}, previous=first)
        assert first.nbytes > 160_000
        assert 80_000 < second.nbytes < 90_000
        layer.weights[:] = layer.moving[:] = 7
        first.restore()
        assert (layer.weights[0], layer.moving[0]) == (0, 0)
        second.restore()
        assert (layer.weights[0], layer.moving[0]) == (0, 1)

    def test_arrays_that_only_a_state_keeps_count_too(self):
        layer = Plain(weights=np.zeros(10_000))
        first = State.capture({"layer": layer})
        layer.weights = layer.weights + 1
        assert State.capture({"layer": layer}, previous=first).nbytes > 160_000

    @pytest.mark.parametrize("rebind", [False, True])
    def test_nbytes_is_what_states_take(self, rebind):
        layers = [Plain(weights=np.zeros((30, 30)), rate=0.1, cache=[{}, []]) for _ in range(5)]
        roots = {f"dense_{k}": layer for k, layer in enumerate(layers)}
        tracemalloc.start()
        states = [State.capture(roots)]
        start = tracemalloc.get_traced_memory()[0]
        for _ in range(20):
            for layer in layers:
                layer.weights = layer.weights + 1 if rebind else layer.weights.__iadd__(1)
            states.append(State.capture(roots, previous=states[-1]))
        taken = tracemalloc.get_traced_memory()[0] - start
        tracemalloc.stop()
        assert 0.8 < sum(state.nbytes for state in states[1:]) / taken < 1.2

    def test_read_only_arrays(self):
        owner = np.arange(4.0)
        view = owner[1:]
        view.flags.writeable = False
        fixed = np.frombuffer(bytes(16))
        state = State.capture({"view": view, "fixed": fixed})
        owner[:] = 9
        state.restore()
        assert owner.tolist() == [9, 1, 2, 3]
        assert not view.flags.writeable

        locked = State.capture({"owner": owner})
        owner[:] = 5
        owner.flags.writeable = False
        locked.restore()
        assert owner.flags.writeable
        assert owner[0] == 9

    def test_views_that_would_take_more_than_what_they_show(self):
        base = np.arange(3.0)
        wide = np.broadcast_to(base, (1_000_000, 3))
        windows = np.lib.stride_tricks.sliding_window_view(np.arange(10_000.0), 5000)
        state = State.capture({"wide": wide, "windows": windows})
        assert state.nbytes < 200_000
        base[:] = 0
        later = State.capture({"wide": wide, "windows": windows})
        assert later.difference(state) == "wide.base"
        state.restore()
        assert wide[5].tolist() == [0, 1, 2]

    def test_a_new_shape_in_place(self):
        array_ = np.arange(6.0)
        state = State.capture({"a": array_})
        array_.resize((2, 3), refcheck=False)
        state.restore()
        assert array_.tolist() == [0, 1, 2, 3, 4, 5]


class TestGenerators:
    @pytest.mark.parametrize("kind", ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"])
    def test_every_bit_generator(self, kind):
        generator = np.random.Generator(getattr(np.random, kind)(4))
        generator.integers(5, dtype=np.uint8)  # leaves half of a word for the next
        back = State.capture({"g": generator})
        drawn = generator.random(), generator.integers(5, dtype=np.uint8)
        back.restore()
        assert drawn == (generator.random(), generator.integers(5, dtype=np.uint8))

    def test_the_global_generators_and_a_normal_number_that_waits(self):
        roots = {"numpy.random": np.random.mtrand._rand, "random": random._inst}
        mine = np.random.get_state(), random.getstate()
        np.random.standard_normal()
        random.gauss(0, 1)
        state = State.capture(roots)
        drawn = np.random.standard_normal(3).tolist(), random.gauss(0, 1), random.random()
        later = State.capture(roots, previous=state)
        assert later.difference(state) == "numpy.random"
        state.restore()
        assert drawn == (np.random.standard_normal(3).tolist(), random.gauss(0, 1), random.random())
        np.random.set_state(mine[0])
        random.setstate(mine[1])

    def test_generators_that_are_spawned(self):
        generator = np.random.default_rng(0)
        generator.spawn(1)
        state = State.capture({"g": generator})
        first = generator.spawn(2)[1].random()
        assert State.capture({"g": generator}).difference(state) == "g.seed_seq"
        state.restore()
        assert generator.spawn(2)[1].random() == first

    def test_a_method_of_a_generator(self):
        draw = random.Random(1).random
        state = State.capture({"draw": draw})
        drawn = draw()
        state.restore()
        assert draw() == drawn
