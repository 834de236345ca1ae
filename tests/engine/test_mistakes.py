"""What a constructor is given by mistake is refused in one line that says what was meant."""

import numpy as np
import pytest

from engine import (
    CrossEntropyLoss,
    DataError,
    Dataset,
    Dense,
    GradientDescent,
    Network,
    ReLU,
    Softmax,
    SoftmaxCrossEntropy,
    Trainer,
)

X = np.arange(8.0).reshape(4, 2)
DATA = Dataset(X, [0, 1, 0, 1])


class NoRate:
    def update_parameters(self, layer):
        pass


class NoNumber(NoRate):
    learning_rate = None


class Computed(NoRate):
    learning_rate = property(lambda self: 0.1)


class Kept:
    """Keeps what it is told to."""

    def __init__(self, **kept):
        self.weights, self.kept = np.eye(2), kept

    def forward(self, inputs):
        self.output = inputs @ self.weights
        vars(self).update(self.kept)

    def backward(self, dvalues):
        self.dweights, self.dinputs = np.eye(2), dvalues
        vars(self).update(self.kept)


class Fixed:
    __slots__ = ("seen",)

    def forward(self, inputs):
        self.seen = np.tanh(inputs)
        return self.seen

    def backward(self, dvalues):
        return dvalues * (1 - self.seen**2)


def trainer(layers=None, loss=None, optimizer=None, data=DATA, **options):
    network = Network(layers or [Dense(2, 2)])
    return Trainer(
        network, loss or SoftmaxCrossEntropy(), optimizer or GradientDescent(), data, **options
    )


def trained(layer):
    trainer([Dense(2, 2), layer]).run(2)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Network([Dense(2, 2), ReLU]), "write ReLU(...) for one, not ReLU"),
        (lambda: Network([Dense(2, 2), 3]), "must be a layer with forward() and backward(), not 3"),
        (lambda: Network(Dense(2, 2)), "Network([Dense(2, 2), ...])"),
        (lambda: Network([Dense(2, 2), *[ReLU()] * 2]), "one ReLU() stands in two places"),
        (lambda: trainer(loss=SoftmaxCrossEntropy), "write SoftmaxCrossEntropy(...) for one"),
        (lambda: trainer(optimizer=GradientDescent), "write GradientDescent(...) for one"),
        (lambda: trainer(optimizer=0.1), "must be an optimizer with update_parameters(), not 0.1"),
        (lambda: trainer(data=(X, [0, 1, 0, 1])), "make one with Dataset(X, y)"),
        (lambda: trainer([Dense(2, 2), Softmax()]), "leave out that layer, or use CrossEntropyL"),
        (lambda: trainer(loss=CrossEntropyLoss()), "use SoftmaxCrossEntropy(), or add Softmax()"),
        (lambda: Network([Dense(2, 8), ReLU(), Dense(7, 2)]), "Dense(7, 2) takes 7 values a row"),
        (lambda: Network([ReLU()]), "needs at least one layer with parameters"),
        (lambda: Network([Dense(2, 0)]), "Dense(2, 0) is empty"),
        (lambda: trainer(optimizer=NoRate()), "needs a learning_rate"),
        (lambda: trainer(optimizer=NoNumber()), "learning_rate of the optimizer must be a number"),
        (lambda: trainer(optimizer=Computed()).change("learning_rate", 1), "is computed by the op"),
        (lambda: trained(Kept(output=[[1, 2]])), "Kept.output must be an array, not a list"),
        (lambda: trained(Kept(dweights=None)), "Kept leaves no dweights: set self.dweights"),
        (lambda: trained(Kept(dweights=np.ones((3, 2)))), "dweights of Kept is of shape (3, 2)"),
        (lambda: trained(Fixed()), "let Fixed have an attribute output that can be set"),
        (lambda: trainer(epochs=2.5), "the number of epochs must be a whole number, not 2.5"),
        (lambda: trainer(batch_size="all"), "the batch size must be a whole number, not 'all'"),
    ],
)
def test_a_mistake_is_one_line(make, says):
    with pytest.raises((TypeError, ValueError, AttributeError)) as caught:
        make()
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_softmax_and_cross_entropy_by_themselves_train():
    assert trainer([Dense(2, 2), Softmax()], CrossEntropyLoss(), epochs=np.float64(3)).epochs == 3


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([0.0, 1.0, 0.0, 1.0], ["0", "1"]),
        (np.array([[0], [1], [0], [1]], np.float32), ["0", "1"]),
        (["cat", "dog", "cat", "dog"], ["cat", "dog"]),
        (np.array([["cat"], ["dog"], ["cat"], ["dog"]], object), ["cat", "dog"]),
        (np.array([b"cat", b"dog", b"cat", b"dog"]), ["cat", "dog"]),
        (np.array([0, 1, 0, 1], object), ["0", "1"]),
        ([[1, 0], [0, 1], [1, 0], [0, 1]], ["0", "1"]),
        ([False, True, False, True], ["0", "1"]),
    ],
)
def test_labels_are_taken_as_files_hold_them(labels, names):
    data = Dataset(X, labels)
    assert (data.y.tolist(), list(data.class_names)) == ([0, 1, 0, 1], names)


@pytest.mark.parametrize("labels", [[0, 0.5, 1, 1], [0, np.nan, 1, 1], [0, np.inf, 1, 1]])
def test_labels_that_are_not_whole_are_refused(labels):
    with pytest.raises(DataError, match="must be whole numbers"):
        Dataset(X, labels)


class Stack:
    """Keeps the arrays of two layers in one attribute, in a container."""

    def __init__(self, weights):
        self.weights = weights

    def forward(self, inputs):
        self.output = inputs

    def backward(self, dvalues):
        self.dweights = self.weights
        self.dinputs = dvalues


@pytest.mark.parametrize(
    "weights",
    [
        [np.eye(2), np.eye(2)],
        [[np.eye(2), np.zeros(2)], [np.eye(2), np.zeros(2)]],
        {"first": np.eye(2)},
        {"both": (np.eye(2), np.eye(2))},
    ],
)
def test_arrays_in_a_container_are_refused_rather_than_left_untrained(weights):
    for layer in (Stack(weights), Kept(inner=Stack(weights))):
        with pytest.raises(TypeError, match="Stack keeps its weights in a list or a dictionary"):
            Network([Dense(2, 2), layer])
    assert Network([Dense(2, 2), Stack([])])
