"""A state is copied and put back: any graph of objects, in place, to the last bit."""

import functools
import io
import threading
from array import array

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.training.state import State
from tests.engine.graphs import Plain, Slotted, change, description, grow


@settings(max_examples=50, deadline=None)
@given(st.randoms(use_true_random=False))
def test_any_graph_comes_back(rng):
    nodes = grow(rng)
    roots = {f"node_{k}": node for k, node in enumerate(nodes)}
    before = description(roots)
    state = State.capture(roots)
    assert state.unknown == ()
    for _ in range(2):
        for _ in range(10):
            change(rng, rng.choice(nodes), nodes)
        middle = description(roots)
        later = State.capture(roots, previous=state)
        assert (later.difference(state) is None) == (middle == before)
        assert (later.digest() == state.digest()) == (middle == before)
        state.restore()
        assert description(roots) == before
        assert State.capture(roots).difference(state) is None
        later.restore()
        assert description(roots) == middle
        state.restore()
        assert description(roots) == before


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("akclr"), st.integers(0, 5)), max_size=40))
def test_lists_that_grow_share_a_copy_also_after_going_back(steps):
    losses, states, expected = [], [], []
    for do, k in steps:
        match do:
            case "a" | "k":
                losses += [float(k)] * k
            case "c":
                previous = states[-1 - k] if k < len(states) else None
                states.append(State.capture({"losses": losses}, previous=previous))
                expected.append(list(losses))
            case "l" if losses:
                losses[-1] = losses[-1] + 1
            case "r" if k < len(states):
                states[k].restore()
                assert losses == expected[k]
    for state, items in zip(states, expected, strict=True):
        state.restore()
        assert losses == items


def test_a_long_list_is_copied_once():
    losses = [0.5] * 10_000
    states = [State.capture({"callback": Plain(losses=losses)})]
    for _ in range(10):
        losses.append(0.5)
        states.append(State.capture({"callback": Plain(losses=losses)}, previous=states[-1]))
    assert states[0].nbytes > 80_000
    assert sum(state.nbytes for state in states[1:]) < 30_000


class TestObjects:
    def test_nothing_of_a_users_class_is_called(self):
        class Hostile:
            def __getattr__(self, name):
                raise RuntimeError(name)

            def __getattribute__(self, name):
                raise RuntimeError(name)

            def __setattr__(self, name, value):
                raise RuntimeError(name)

            def __eq__(self, other):
                return np.array([True, False])

            def __hash__(self):
                return object.__hash__(self)

            def __len__(self):
                raise RuntimeError

            __bool__ = __iter__ = __repr__ = __len__

            @property
            def a_property(self):
                raise RuntimeError

        class HostileDict(dict):
            def __iter__(self):
                raise RuntimeError

            keys = items = values = __setitem__ = update = clear = copy = __len__ = __iter__

        hostile, other, odd = Hostile(), Hostile(), HostileDict(a=1)
        vars_of = functools.partial(object.__getattribute__, hostile)
        vars_of("__dict__")["state"] = 1
        roots = {"h": hostile, "d": {hostile: 1, other: 2}, "odd": odd, "s": {hostile, other}}
        state = State.capture(roots)
        vars_of("__dict__").update(state=2, more=3)
        roots["d"].popitem()
        dict.__setitem__(odd, "b", 2)
        assert State.capture(roots).difference(state) == "h.more"
        state.restore()
        assert vars_of("__dict__") == {"state": 1}
        assert [*map(id, roots["d"])] == [id(hostile), id(other)]
        assert dict.__eq__(odd, {"a": 1})
        assert State.capture(roots).difference(state) is None
        assert state.to_bytes()

    def test_subclasses_of_containers_and_arrays_keep_both_halves(self):
        class Named(list):
            pass

        class Labelled(np.ndarray):
            pass

        things = Named([1]), Labelled(3, buffer=bytearray(24)), np.ma.array([1.0, 2], mask=[0, 1])
        things[0].name = things[1].name = "a"
        state = State.capture({"a": things})
        things[0].append(2)
        things[0].name = things[1].name = "b"
        things[1][:] = 7
        things[2][:] = 9
        state.restore()
        assert things[0] == [1]
        assert things[0].name == things[1].name == "a"
        assert things[1].tolist() == [0, 0, 0]
        assert things[2].tolist() == [1.0, None]

    def test_attributes_that_are_omitted(self):
        layer = Plain(weights=np.zeros(2), output=np.zeros(2), late=1)
        state = State.capture({"layer": layer}, lambda thing: ("output",))
        layer.output = np.ones(2)
        layer.weights += 1
        assert State.capture({"layer": layer}, lambda _: ("output",)).difference(state) == (
            "layer.weights"
        )
        state.restore()
        assert layer.output.tolist() == [1, 1]
        assert layer.weights.tolist() == [0, 0]

    def test_classes_that_are_skipped(self):
        machine = Slotted(first=[1])
        state = State.capture({"f": Plain(machine=machine)}, skip=(Slotted,))
        machine.first.append(2)
        state.restore()
        assert machine.first == [1, 2]

    def test_a_very_deep_nest(self):
        deep = bottom = []
        for _ in range(10_000):
            deep = [deep] if len(deep) % 2 else (deep, 1)
        state = State.capture({"deep": deep})
        bottom.append(1)
        later = State.capture({"deep": deep})
        assert later.difference(state).endswith("[0][0]")
        state.restore()
        assert bottom == []
        assert State.load(state.to_bytes(), {"deep": deep}).difference(state) is None

    def test_what_cannot_be_copied_is_named_and_left_alone(self, tmp_path):

        with (tmp_path / "log").open("w") as log:
            numbers = (n for n in range(3))
            layer = Plain(log=log, batches=[numbers], lock=threading.Lock(), rate=1)
            state = State.capture({"layer": layer})
            assert state.unknown == ("layer.log", "layer.lock", "layer.batches[0]")
            layer.rate = next(numbers) + 5
            state.restore()
            assert layer.rate == 1
            assert layer.batches == [numbers]
            assert State.capture({"layer": layer}).difference(state) is None

    def test_other_things_with_a_state(self):

        things = [bytearray(b"ab"), array("d", [1, 2]), io.BytesIO(b"abc"), io.StringIO("abc")]
        state = State.capture({"t": things})
        things[0] += b"c"
        things[1].append(3)
        for stream in things[2:]:
            stream.read()
        state.restore()
        assert things[0] == b"ab"
        assert things[1].tolist() == [1, 2]
        assert [things[2].read(), things[3].read()] == [b"abc", "abc"]
        assert state.unknown == ()


class TestDifference:
    @pytest.mark.parametrize(
        ("path", "do"),
        [
            ("optimizer.alias", lambda o: o.cache["dense_1"][0].fill(1)),
            ("optimizer.cache['dense_1'][1]", lambda o: o.cache["dense_1"][1].fill(1)),
            ("optimizer.rate", lambda o: setattr(o, "rate", -0.0)),
            ("optimizer.nan", lambda o: setattr(o, "nan", -float("nan"))),
            ("optimizer.seen", lambda o: o.seen.add(-1)),
            ("optimizer.late", lambda o: setattr(o, "late", 1)),
            ("optimizer.rng", lambda o: o.rng.random()),
            ("optimizer.rows[2]", lambda o: o.rows.append(1)),
            ("optimizer.kind", lambda o: setattr(o, "kind", True)),
            ("optimizer.cache['dense_2']", lambda o: o.cache.update(dense_2=1)),
            ("optimizer.owners[<Plain 0>]", lambda o: o.owners.update({next(iter(o.owners)): 1})),
            ("optimizer.cache['dense_1'][0]", lambda o: setattr(o, "alias", np.zeros(3))),
            ("optimizer.number", lambda o: setattr(o, "number", 2.0)),
            (None, lambda o: setattr(o, "same", float("1" + "e3"))),
        ],
    )
    def test_the_path_of_what_differs(self, path, do):
        velocity = np.zeros(3)
        optimizer = Plain(
            cache={"dense_1": [velocity, np.zeros(2)]},
            rate=0.0,
            nan=float("nan"),
            seen={1, 2},
            rng=np.random.default_rng(1),
            rows=[1, 2],
            kind=1,
            owners={Plain(): 0},
            number=np.float64(2),
            same=1e3,
            alias=velocity,
        )
        before = State.capture({"optimizer": optimizer})
        do(optimizer)
        after = State.capture({"optimizer": optimizer})
        assert after.difference(before) == before.difference(after) == path
        assert (after.digest() == before.digest()) == (path is None)

    def test_roots_that_are_not_in_both(self):
        assert State.capture({"a": [1], "b": []}).difference(State.capture({"a": [1]})) == "b"
