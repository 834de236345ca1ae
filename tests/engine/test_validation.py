"""What is measured of a validation set: right, at no cost to the training, the same again."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    Dataset,
    Dense,
    GradientDescent,
    Network,
    Position,
    ReLU,
    SoftmaxCrossEntropy,
    Trainer,
)
from engine.data.batches import shuffled
from engine.data.dataset import DataError
from engine.protocol import events
from engine.protocol.metrics import LOSS
from tests.command import nntui

NAMES = ["loss", "accuracy", "validation_loss", "validation_accuracy"]


class Dropout:
    """As the book's, told whether it trains."""

    def __init__(self, rate=0.5):
        self.keep = 1 - rate

    def forward(self, inputs, training, random):
        self.mask = random.binomial(1, self.keep, inputs.shape) / self.keep if training else 1.0
        self.output = inputs * self.mask

    def backward(self, dvalues):
        self.dinputs = dvalues * self.mask


class AlwaysNoisy:
    """Draws even where it predicts, and counts how often it is called."""

    def __init__(self):
        self.calls = 0

    def forward(self, inputs, random):
        self.calls += 1
        self.output = inputs + 0.1 * random.standard_normal(inputs.shape) + np.random.rand()

    def backward(self, dvalues):
        self.dinputs = dvalues


class HalfSquaredError:
    """A loss of no classes, of a person's own."""

    metrics = (LOSS,)

    def forward(self, y_pred, y_true):
        return 0.5 * (y_pred[:, 0] - y_true) ** 2

    def backward(self, dvalues, y_true):
        self.dinputs = np.zeros_like(dvalues)
        self.dinputs[:, 0] = (dvalues[:, 0] - y_true) / len(dvalues)


def rows(samples, seed):
    random = np.random.default_rng(seed)
    X = random.uniform(-1, 1, (samples, 2))
    return X, (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


def build(validates=True, layers=(), loss=None, dtype=np.float64, validation=None, **options):
    X, y = rows(40, 1)
    random = np.random.RandomState(3)
    inner = [layer() for layer in layers]
    network = Network([Dense(2, 8, random), ReLU(), *inner, Dense(8, 3, random)], dtype)
    pair = rows(13, 2) if validation is None else validation
    data = Dataset(X, y, validation=pair if validates else None)
    options = {"epochs": 60, "seed": 5, **options}
    return Trainer(network, loss or SoftmaxCrossEntropy(), GradientDescent(1.0), data, **options)


def measured(trainer, until=None):
    found = []
    leave = trainer.observe(events.EpochMeasured, found.append)
    trainer.run(until)
    leave()
    return [event.metrics for event in found]


def plain_loop(dtype, batch_size, epochs):
    """Yield the metrics of the validation set, of a loop that shares no code with the engine."""
    (X, y), (Xv, yv) = rows(40, 1), rows(13, 2)
    X, Xv = X.astype(dtype), Xv.astype(dtype)
    network = build(dtype=dtype).network
    w1, b1 = (a.copy() for a in (network.layers[0].weights, network.layers[0].biases))
    w2, b2 = (a.copy() for a in (network.layers[-1].weights, network.layers[-1].biases))

    def forward(X):
        hidden = np.maximum(0, X @ w1 + b1)
        scores = hidden @ w2 + b2
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return hidden, powers / powers.sum(axis=1, keepdims=True)

    for epoch in range(epochs):
        order = shuffled(40, 5, epoch) if batch_size < 40 else np.arange(40)
        for start in range(0, 40, batch_size):
            batch = order[start : start + batch_size]
            if start + batch_size >= 40:
                said = forward(Xv)[1]
                loss = -np.log(np.clip(said[range(13), yv], 1e-7, 1 - 1e-7)).mean()
                yield loss, (said.argmax(axis=1) == yv).mean()
            hidden, said = forward(X[batch])
            said[range(len(batch)), y[batch]] -= 1
            said /= len(batch)
            back = said @ w2.T * (hidden > 0)
            w2 -= hidden.T @ said
            b2 -= said.sum(axis=0, keepdims=True)
            w1 -= X[batch].T @ back
            b1 -= back.sum(axis=0, keepdims=True)


@pytest.mark.parametrize("batch_size", [40, 16])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kernels", [True, False])
def test_every_epoch_is_what_a_plain_loop_finds(dtype, batch_size, kernels, monkeypatch):
    monkeypatch.setattr(Trainer, "use_kernels", kernels)
    found = measured(build(dtype=dtype, batch_size=batch_size))
    assert len(found) == 60
    right = list(plain_loop(dtype, batch_size, 60))
    assert right[-1][0] < right[0][0]
    for metrics, (loss, accuracy) in zip(found, right, strict=True):
        assert list(metrics) == NAMES
        assert metrics["validation_loss"] == pytest.approx(
            loss, rel=1e-10 if dtype is np.float64 else 1e-3
        )
        assert metrics["validation_accuracy"] == accuracy


@pytest.mark.parametrize("layers", [(), (Dropout,), (AlwaysNoisy, Dropout)], ids=len)
@pytest.mark.parametrize("batch_size", [40, 16])
def test_training_is_the_same_to_the_bit_without_it(layers, batch_size):
    np.random.seed(0)
    with_it = build(layers=layers, batch_size=batch_size)
    found = measured(with_it)
    np.random.seed(0)
    without = build(False, layers=layers, batch_size=batch_size)
    for some, others in zip(found, measured(without), strict=True):
        assert {name: some[name] for name in NAMES[:2]} == others
    assert (with_it.network.parameters == without.network.parameters).all()
    assert [vars(a).get("calls") for a in with_it.network.layers] == [
        vars(a).get("calls") for a in without.network.layers
    ]


def test_a_layer_is_told_that_it_predicts():
    trainer = build(layers=[Dropout])
    trainer.run(30)
    X, y = rows(13, 2)
    trainer.advance(trainer._measure_at)
    said = trainer.network.predict(X)
    assert trainer.measured.validation_accuracy == (said.argmax(axis=1) == y).mean()
    loss = -np.log(said[range(13), y]).mean()
    assert trainer.measured.validation_loss == pytest.approx(loss, rel=1e-12)


@given(
    st.sampled_from([(), (AlwaysNoisy, Dropout)]),
    st.sampled_from([40, 16]),
    st.lists(st.tuples(st.integers(0, 59), st.integers(0, 2)), min_size=1, max_size=5),
)
@settings(max_examples=25, deadline=None)
def test_going_back_finds_the_same_again(layers, batch_size, places):
    trainer = build(layers=layers, batch_size=batch_size)
    trainer.run(1)
    known = [trainer.measured.metrics, *measured(trainer)]
    for epoch, operation in places:
        trainer.go_to(Position(epoch, 0, operation))
        if epoch:
            assert trainer.measured.metrics == known[epoch - 1]
    trainer.go_to(trainer.timeline.reached)
    assert trainer.measured.metrics == known[-1]


def test_an_edit_counts_and_a_branch_keeps_the_future():
    trainer = build()
    known = measured(trainer)
    trainer.go_to(Position(20, 0, 0))
    trainer.change("dense_1.weights[0, 0]", 3.0)
    branch = measured(trainer)
    assert len(branch) == 40
    assert all(branch[k]["validation_loss"] != known[20 + k]["validation_loss"] for k in range(3))
    main = trainer.timeline.branches[0]
    assert main.measured.metrics == known[-1]
    for _ in trainer.timeline.go_over(main):
        pass
    assert trainer.measured.metrics == known[-1]
    assert trainer.history.curve("validation_loss", 1000).lower == [
        metrics["validation_loss"] for metrics in known
    ]


def test_an_activation_that_is_replaced_counts():
    trainer = build()
    trainer.run(5)

    class Sharp:
        def forward(self, inputs):
            self.output = np.eye(3)[inputs.argmax(axis=1)]

    trainer.loss.activation = Sharp()
    trainer.run(6)
    wrong = 1 - trainer.measured.validation_accuracy
    assert trainer.measured.validation_loss == pytest.approx(wrong * -math.log(1e-7), abs=1e-6)


def test_a_loss_of_no_classes_has_no_accuracy():
    trainer = build(loss=HalfSquaredError())
    (first, *_) = measured(trainer)
    assert list(first) == ["loss", "validation_loss"]
    assert [m.name for m in trainer.metrics.schema] == list(first)


def test_conditions_know_it_from_the_beginning():
    trainer = build()
    trainer.breakpoints.add("val_loss < 0.8 and validation_accuracy > 0.3")
    trainer.run()
    assert trainer.paused
    stopped = trainer.measured
    known = measured(build())
    held = [m["validation_loss"] < 0.8 and m["validation_accuracy"] > 0.3 for m in known]
    assert stopped.epoch == held.index(True) > 0


def test_what_raises_in_it_is_reported_as_of_any_metric():
    class Fragile:
        def forward(self, inputs):
            if len(inputs) == 13:
                raise ArithmeticError("thirteen")
            self.output = inputs

        def backward(self, dvalues):
            self.dinputs = dvalues

    trainer = build(layers=[Fragile])
    with pytest.raises(ArithmeticError, match="thirteen"):
        trainer.run()
    assert trainer.failure.args == ("thirteen",)
    assert math.isnan(trainer.measured.validation_loss)
    assert math.isnan(trainer.measured.validation_accuracy)
    assert trainer.measured.loss > 0


def test_it_is_no_part_of_a_snapshot():
    small, large = build(), build(validation=rows(13_000, 2))
    for trainer in (small, large):
        trainer.run()
    nbytes = [trainer.timeline.saver.take().nbytes for trainer in (small, large)]
    assert nbytes[1] < nbytes[0] + 1000


# -- data ------------------------------------------------------------------------------------------


def test_classes_are_matched_by_name():
    X, names = np.eye(4), ["ox", "cat", "cat", "dog"]
    data = Dataset(X, names, validation=(X[:2], ["ox", "dog"]))
    assert data.class_names == ["cat", "dog", "ox"]
    assert data.validation.y.tolist() == [2, 1]
    data = Dataset(X, names, validation=Dataset(X[:2], ["dog", "cat"]))
    assert data.validation.y.tolist() == [1, 0]
    data = Dataset(X, [0, 1, 1, 2], class_names=["a", "b", "c"], validation=(X[:2], [2.0, 0.0]))
    assert data.validation.y.tolist() == [2, 0]
    assert data.validation.class_names == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        ((np.eye(3), [0, 1, 1]), "the validation set has 3 features, but the training set 4"),
        ((np.eye(4), [0, 1, 2, 3]), "the validation set has the class '3', but the training"),
        ((np.eye(4), list("abab")), "the validation set has the class 'a', but the training set"),
        ((np.eye(4), [0, 1]), "the validation set: 4 rows of features, but 2 labels"),
        ((np.eye(4) * np.nan, [0, 1, 1, 0]), "the validation set: row 1, column 1 is nan"),
        (np.eye(4), "validation must be a Dataset, or a pair of arrays"),
    ],
)
def test_a_set_that_does_not_fit_is_refused(validation, message):
    with pytest.raises(DataError, match=message) as caught:
        Dataset(np.eye(4), [0, 1, 2, 1], validation=validation)
    assert "\n" not in str(caught.value)


# -- a file, as a process --------------------------------------------------------------------------

MINE = """
import numpy as np
from engine import Dataset, Dense, GradientDescent, Network, ReLU, SoftmaxCrossEntropy, Trainer

random = np.random.default_rng(0)
X = random.uniform(-1, 1, (60, 2))
y = (X[:, 0] * X[:, 1] > 0).astype(int)
data = Dataset(X[:40], y[:40], validation=(X[40:], y[40:]))
network = Network([Dense(2, 8), ReLU(), Dense(8, 2)])
trainer = Trainer(network, SoftmaxCrossEntropy(), GradientDescent(0.5), data, epochs=200)
"""


def test_a_file_is_trained_stopped_and_replayed(tmp_path):
    mine, home = tmp_path / "mine.py", tmp_path / "state"
    mine.write_text(MINE)
    done = nntui(mine, "--json", "--log-every", 1, "--name", "one", "--seed", 1, home=home)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    epochs = [line for line in lines if line["type"] == "epoch"]
    assert list(epochs[0]) == ["type", "epoch", *NAMES, "learning_rate"]
    assert [lines[-1][name] for name in NAMES] == [epochs[-1][name] for name in NAMES]
    done = nntui("replay", "one", home=home)
    assert done.stdout == "main: 200 epochs and the state\nidentical\n"
    limit = (epochs[0]["validation_loss"] + epochs[-1]["validation_loss"]) / 2
    first = next(line for line in epochs if line["validation_loss"] < limit)
    condition = f"validation_loss < {limit!r}"
    options = "--headless", "--log-every", 1, "--seed", 1, "--break", condition
    done = nntui(mine, *options, home=home)
    assert f"breakpoint 1: {condition} · after epoch {first['epoch']}" in done.stdout
    start = done.stdout.splitlines()[0].split(", ")
    assert [part.split(": ")[0] for part in start] == [
        "epoch",
        "acc",
        "loss",
        "val_loss",
        "val_acc",
    ]
    assert f"validation_loss: {first['validation_loss']}" in done.stdout
