"""Kernels within a network, and with a person's hands in it: the same bits as the formulas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels.registry import kernels_for
from engine.nn.activations import ReLU, Softmax
from engine.nn.layers import Dense
from engine.nn.losses import CrossEntropyLoss, SoftmaxCrossEntropy
from engine.nn.optimizers import GradientDescent
from tests.engine.bits import DTYPES, assert_same, dense, numbers

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


class Trail:
    """A stranger that keeps what it was given, and adds it to what it is given next."""

    def forward(self, inputs):
        before = getattr(self, "before", inputs)
        self.output = inputs + 0.5 * (before if before.shape == inputs.shape else inputs)
        self.before = inputs

    def backward(self, dvalues):
        before = getattr(self, "dbefore", dvalues)
        self.dinputs = dvalues - 0.5 * (before if before.shape == dvalues.shape else dvalues)
        self.dbefore = dvalues


class Scale:
    """A stranger with a parameter."""

    def __init__(self, dtype):
        self.factor = np.ones(4, dtype)

    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs * self.factor

    def backward(self, dvalues):
        self.dfactor = (dvalues * self.inputs).sum(axis=0)
        self.dinputs = dvalues * self.factor


class Training:
    """A network, either with its formulas alone or with kernels."""

    def __init__(self, with_kernels, dtype, strangers, loss, shared, seed):
        random = np.random.RandomState(seed)
        d = [Dense(*sizes, random) for sizes in [(3, 16), (16, 4), (4, 4), (4, 3)]]
        for layer in d:
            layer.weights, layer.biases = (
                np.array(100 * a, dtype) for a in (layer.weights, layer.biases)
            )
        if shared:
            d[2].biases = d[1].biases
        between = [Trail(), Trail()] if "trail" in strangers else []
        scale = [Scale(dtype)] if "scale" in strangers else []
        last = [Softmax()] if loss is CrossEntropyLoss else []
        self.layers = [
            d[0],
            ReLU(),
            *between[:1],
            d[1],
            *scale,
            ReLU(),
            d[2],
            *between[1:],
            d[3],
            *last,
        ]
        self.dense, self.loss, self.optimizer = d, loss(), GradientDescent(0.1)
        self.layer_calls, self.loss_call = self.layers, self.loss
        self.forget = lambda: None
        self.update = self.update_by_formula
        self.mean_loss = getattr(self.loss, "calculate", self.loss.forward)
        if with_kernels:
            kernels = kernels_for(self.layers, self.loss, self.optimizer, dtype)
            pairs = zip(kernels.layers, self.layers, strict=True)
            self.layer_calls = [kernel or layer for kernel, layer in pairs]
            self.loss_call, self.mean_loss = kernels.loss, kernels.loss.forward
            self.update = kernels.optimizer.update
            self.forget = kernels.forget

    def update_by_formula(self):
        for layer in self.layers:
            self.optimizer.update_parameters(layer)

    def operations(self, X, y):
        """Yield after each operation the parts that are then as the formulas leave them.

        Others may already have got new inputs, in the same array as before.
        """
        output = X
        for layer, call in zip(self.layers, self.layer_calls, strict=True):
            call.forward(output)
            output = layer.output
            yield [layer]
        self.value = self.mean_loss(output, y)
        yield [self.loss, self.value]
        self.loss_call.backward(getattr(self.loss, "output", output), y)
        yield [self.loss]
        dvalues = self.loss.dinputs
        for layer, call in list(zip(self.layers, self.layer_calls, strict=True))[::-1]:
            call.backward(dvalues)
            if layer is self.layers[0]:
                vars(layer).pop("dinputs", None)  # computed by the formula alone
            else:
                dvalues = layer.dinputs
            yield [layer]
        self.update()
        yield [*self.layers, self.loss]


def rows(layer):
    return len(layer.output) if hasattr(layer, "output") else 2


def backward_alone(layer):
    """Its inputs may be those of the next pass already, if they are not given anew."""
    layer.forward(np.ones((rows(layer), len(layer.weights))))
    layer.backward(2 * layer.output)


HANDS = {
    "rebind weights": lambda t, layer: setattr(layer, "weights", layer.weights * 2),
    "rebind biases": lambda t, layer: setattr(layer, "biases", layer.biases + 1),
    "edit weights": lambda t, layer: np.multiply(layer.weights, 1.5, layer.weights),
    "reorder weights": lambda t, layer: setattr(layer, "weights", np.asfortranarray(layer.weights)),
    "cast weights": lambda t, layer: setattr(layer, "weights", layer.weights.astype(np.float32)),
    "reshape biases": lambda t, layer: setattr(layer, "biases", layer.biases.ravel()),
    "share biases": lambda t, layer: setattr(t.dense[2], "biases", t.dense[1].biases),
    "clip gradient": lambda t, layer: setattr(
        layer, "dweights", np.clip(getattr(layer, "dweights", 0 * layer.weights), -0.01, 0.01)
    ),
    "forward": lambda t, layer: layer.forward(np.ones((rows(layer), len(layer.weights)))),
    "same forward": lambda t, layer: hasattr(layer, "inputs") and layer.forward(layer.inputs),
    "backward": lambda t, layer: backward_alone(layer),
    "relu forward": lambda t, layer: t.layers[1].forward(np.ones((rows(t.dense[0]), 16))),
    "loss": lambda t, layer: t.mean_loss(np.ones((2, 3)), np.array([0, 1])),
    "rate": lambda t, layer: setattr(t.optimizer, "learning_rate", 0.3),
    "NumPy's rate": lambda t, layer: setattr(t.optimizer, "learning_rate", np.float64(0.2)),
    "activation": lambda t, layer: setattr(t.loss, "activation", Softmax()),
}


@given(
    sizes=st.lists(st.sampled_from([1, 5, 70]), min_size=1, max_size=3),
    dtype=st.sampled_from(DTYPES),
    strangers=st.sets(st.sampled_from(["trail", "scale"])),
    loss=st.sampled_from([SoftmaxCrossEntropy, CrossEntropyLoss]),
    shared=st.booleans(),
    layout=st.sampled_from(["plain", "new", "fortran", "strided", "other dtype", "read-only"]),
    hands=st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from(sorted(HANDS)), st.integers(0, 3)),
        max_size=4,
    ),
    seed=st.integers(0, 1000),
)
@settings(max_examples=100, deadline=None)
def test_a_training_has_the_same_bits_whatever_a_person_does(
    sizes, dtype, strangers, loss, shared, layout, hands, seed
):
    trainings = [Training(k, dtype, strangers, loss, shared, seed) for k in (False, True)]
    random = np.random.default_rng(seed)
    batches = [
        (in_layout(numbers(random, (n, 3), dtype), layout), random.integers(3, size=n))
        for n in sizes
    ]
    step = 0
    for X, y in batches * 3:
        X = X.copy() if layout == "new" else X
        for done in zip(*(steps(t, X, y) for t in trainings), strict=True):
            for one, other in zip(*done, strict=True):
                assert_same(one, other, repr(one))
            if isinstance(done[0][0], type):
                return
            for _, hand, number in (h for h in hands if h[0] == step):
                for training in trainings:
                    HANDS[hand](training, training.dense[number])
            step += 1


def steps(training, X, y):
    """Yield after each operation; at the end, the error that a person's hands have led to."""
    try:
        yield from training.operations(X, y)
    except (ValueError, TypeError, IndexError) as error:
        yield [type(error)]


def in_layout(X, layout):
    if layout == "fortran":
        return np.asfortranarray(X)
    if layout == "strided":
        return np.repeat(X, 2, axis=0)[::2]
    if layout == "other dtype":
        return X.astype(np.float16)
    X.flags.writeable = layout != "read-only"
    return X


def test_inputs_that_are_edited_between_two_passes_are_seen():
    """The product that adds the biases reads a copy."""
    one, other = (dense(2, 64, float, 0) for _ in range(2))
    kernels = kernels_for([other, ReLU()], SoftmaxCrossEntropy(), GradientDescent(), float)
    kernel = kernels.layers[0]
    kernel.needs_dinputs = True
    random = np.random.default_rng(0)
    inputs, dvalues = random.standard_normal((300, 2)), random.standard_normal((300, 64))
    for _ in range(2):
        one.forward(inputs)
        kernel.forward(inputs)
        inputs[7] = 100
        kernels.forget()
        one.backward(dvalues)
        kernel.backward(dvalues)
        assert_same(one, other)


def test_labels_that_are_edited_in_place_are_seen():
    loss, copy = SoftmaxCrossEntropy(), SoftmaxCrossEntropy()
    kernels = kernels_for([Dense(2, 3)], copy, GradientDescent(), float)
    inputs, labels = np.random.default_rng(0).standard_normal((5, 3)), np.zeros(5, int)
    for label in range(3):
        labels[:2] = label
        kernels.forget()
        assert loss.forward(inputs, labels) == kernels.loss.forward(inputs, labels)
