"""State that a user's functions, classes and modules hold is put back as well."""

import functools
import itertools
import operator
import runpy
import types

import numpy as np
import pytest

from engine.training.state import State
from tests.engine.graphs import Plain, closure

step, drawn_here, big = 0, np.random.default_rng(5), np.zeros(200_000)
lists = {"losses": []}


def callback():
    global step, made
    step += 1
    made = step
    lists["losses"].append(drawn_here.random())
    big[0] = step
    helper()
    callback.calls = getattr(callback, "calls", 0) + 1


def helper(memo={}):  # noqa: B006
    memo[step] = Counted()


class Counted:
    made = 0
    known = []  # noqa: RUF012

    def __init__(self):
        type(self).made += 1
        Counted.known.append(step)
        Counted.latest = self

    @classmethod
    def reset(cls):
        cls.known = []


class TestCode:
    def test_globals_defaults_and_class_attributes(self):
        state = State.capture({"callback_1": callback})
        callback()
        callback()
        later = State.capture({"callback_1": callback})
        assert later.difference(state) == "callback_1.calls"
        assert step == made == callback.calls == Counted.made == 2
        drawn = list(lists["losses"])
        state.restore()
        assert (step, Counted.made, Counted.known, lists) == (0, 0, [], {"losses": []})
        assert helper.__defaults__ == ({},)
        assert not hasattr(Counted, "latest")
        assert "made" not in globals()
        assert not hasattr(callback, "calls")
        assert big[0] == 2, "an array of more than 1 MB in a global is data"
        assert [path.partition(":")[2] for path in state.data] == ["big"]
        callback()
        callback()
        assert lists["losses"] == drawn
        data = state.to_bytes()
        State.load(data, {"callback_1": callback}).restore()
        assert State.capture({"callback_1": callback}).difference(state) is None
        assert (step, Counted.made, Counted.known, lists) == (0, 0, [], {"losses": []})
        assert "made" not in globals()

    def test_paths_of_globals_and_class_attributes(self):
        state = State.capture({"callback_1": callback})
        lists["losses"].append(1)
        assert State.capture({"callback_1": callback}).difference(state) == (
            "test_state_code.py:lists['losses'][0]"
        )
        state.restore()
        Counted.made = 9
        assert State.capture({"callback_1": callback}).difference(state) == "Counted.made"
        state.restore()

    def test_big_arrays_that_something_else_holds(self):
        state = State.capture({"layer": Plain(weights=big), "callback": callback})
        big[1] = 5
        state.restore()
        assert big[1] == 0
        assert state.data == ()

    def test_variables_of_closures(self):
        function = closure(1)
        wrapped = functools.lru_cache(functools.wraps(function)(lambda new: function(new)))
        for root in (function, wrapped, functools.partial(function), Plain(f=function)):
            state = State.capture({"f": root})
            function(2)
            assert State.capture({"f": root}).difference(state) in (
                "f.value",
                "f.function.value",
                "f.f.value",
            )
            state.restore()
            assert function() == 1

    def test_a_variable_that_has_no_value_yet(self):
        def function(set_=False):
            nonlocal late
            if set_:
                late = 1
            return late

        state = State.capture({"f": function})
        late = 2
        state.restore()
        with pytest.raises(NameError):
            function()
        assert function(True) == late == 1

    def test_a_module_of_the_users(self, tmp_path, monkeypatch):
        (tmp_path / "my_helpers.py").write_text("counter = 0\nnever_named = 0\n")
        monkeypatch.syspath_prepend(tmp_path)
        import my_helpers

        def function():
            my_helpers.counter += 1

        def importing():
            from my_helpers import counter

            return counter

        for root in (function, importing):
            state = State.capture({"f": root})
            my_helpers.counter = my_helpers.never_named = 5
            state.restore()
            assert (my_helpers.counter, my_helpers.never_named) == (0, 5)

    def test_methods_and_the_functions_of_libraries(self):
        layer = Plain(momentum=0)
        state = State.capture(
            {"m": types.MethodType(lambda self: 0, layer), "f": np.median, "g": np.dot}
        )
        layer.momentum = 3
        state.restore()
        assert layer.momentum == 0
        assert state.unknown == ()


class TestIterators:
    @pytest.mark.parametrize(
        "make",
        [
            lambda: itertools.count(5),
            lambda: itertools.cycle([1, 2, 3]),
            lambda: iter([1, 2, 3, 4, 5, 6, 7, 8, 9]),
            lambda: enumerate(itertools.cycle("ab")),
            lambda: map(operator.itemgetter(0), zip(itertools.count(), strict=False)),
            lambda: itertools.count().__next__.__self__,
        ],
    )
    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_a_new_one_takes_the_place(self, make):
        iterator = make()
        next(iterator)
        holder = Plain(first=iterator, second=[(iterator, 1)], take=iterator.__next__)
        state = State.capture({"holder": holder})
        ahead = [next(holder.first) for _ in range(5)]
        for _ in range(2):
            state.restore()
            assert holder.second[0][0] is holder.first
            assert [next(holder.first), next(holder.second[0][0]), holder.take()] == ahead[:3]
            assert [next(holder.first) for _ in range(2)] == ahead[3:]

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_within_a_very_deep_nest(self):
        deep = (count := itertools.count(),)
        for _ in range(10_000):
            deep = (deep, 1)
        holder = Plain(deep=deep)
        state = State.capture({"holder": holder})
        next(count)
        state.restore()
        bottom = holder.deep
        while isinstance(bottom, tuple):
            bottom = bottom[0]
        assert next(bottom) == 0


FILE = """
import itertools
import operator
import numpy as np

class Dense:
    made = 0
    def __init__(self, n, m):
        self.weights, self.biases = 0.1 * np.random.randn(n, m), np.zeros((1, m))
        Dense.made += 1
    def forward(self, inputs):
        self.inputs, self.output = inputs, inputs @ self.weights + self.biases
        return self.output
    def backward(self, dvalues):
        self.dweights, self.dbiases = self.inputs.T @ dvalues, dvalues.sum(0, keepdims=True)
        return dvalues @ self.weights.T

class Dropout:
    drawn = 0
    def __init__(self, generator=None):
        self.generator = generator
    def forward(self, inputs):
        Dropout.drawn += 1
        draw = self.generator.binomial if self.generator else np.random.binomial
        self.mask = draw(1, 0.9, inputs.shape) / 0.9
        return inputs * self.mask
    def backward(self, dvalues):
        return dvalues * self.mask

class BatchNorm:
    def __init__(self):
        self._running = {"mean": 0.0}
    def forward(self, inputs):
        self._running["mean"] = 0.9 * self._running["mean"] + 0.1 * inputs.mean(0)
        return inputs - self._running["mean"]
    def backward(self, dvalues):
        return dvalues

class Momentum:
    def __init__(self, layers):
        self.parameters = [p for layer in layers for p in (layer.weights, layer.biases)]
        self.velocity, self.steps = {}, itertools.count()
    def update_params(self, layer):
        if not hasattr(layer, "momentum"):
            layer.momentum = 0
        layer.momentum = 0.5 * layer.momentum - rate() * layer.dweights
        layer.weights += layer.momentum
        for p, gradient in zip(self.parameters, (layer.dweights, layer.dbiases)):
            if p.shape == gradient.shape:
                v = self.velocity[id(p)] = 0.9 * self.velocity.get(id(p), 0) - 0.01 * gradient
                p += v + 1e-6 * next(self.steps)

calls, own = 0, np.random.default_rng(3)

def rate():
    global calls
    calls += 1
    return 0.1 / (1 + 0.01 * calls) + 0.001 * own.random()

def smoothed():
    mean = 0
    def smooth(loss):
        nonlocal mean
        mean = 0.9 * mean + 0.1 * loss
        smooth.history = getattr(smooth, "history", ()) + (mean,)
        return mean
    return smooth

np.random.seed(0)
X = np.random.randn(20, 2)
y = (X[:, :1] * X[:, 1:] > 0) * 1.0
layers = [Dense(2, 8), BatchNorm(), Dropout(), Dropout(np.random.default_rng(1)), Dense(8, 1)]
optimizer, callback = Momentum([layers[0], layers[-1]]), smoothed()

def train(epochs):
    losses = []
    for _ in range(epochs):
        values = X
        for layer in layers:
            values = layer.forward(values)
        losses.append((callback(float(((values - y) ** 2).mean())), len(callback.history), calls))
        dvalues = 2 * (values - y) / len(X)
        for layer in reversed(layers):
            dvalues = layer.backward(dvalues)
        for layer in (layers[0], layers[-1]):
            optimizer.update_params(layer)
    return losses
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_users_file_trains_again_as_it_did(tmp_path):
    (tmp_path / "mine.py").write_text(FILE)
    before = np.random.get_state()
    mine = runpy.run_path(str(tmp_path / "mine.py"), run_name="__main__")
    roots = {f"layer_{k}": layer for k, layer in enumerate(mine["layers"])}
    roots |= {name: mine[name] for name in ("optimizer", "callback")}
    roots["numpy.random"] = np.random.mtrand._rand
    train = mine["train"]
    states = [State.capture(roots)]
    losses = []
    for _ in range(4):
        losses += train(5)
        states.append(State.capture(roots, previous=states[-1]))
    for at in (3, 0, 4, 1, 1, 2):
        states[at].restore()
        assert train(20 - 5 * at) == losses[5 * at :]
        assert State.capture(roots).difference(states[4]) is None
        assert states[0].unknown == states[4].unknown == ()
    np.random.set_state(before)
