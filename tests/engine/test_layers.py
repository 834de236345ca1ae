"""The figures of the layers, what they were over the epochs, and what is said of them."""

import math

import numpy as np
import pytest

from engine import (
    Dataset,
    Dense,
    GradientDescent,
    Network,
    ReLU,
    SoftmaxCrossEntropy,
    Trainer,
)
from engine.debugging.layer_history import DENSITY, LayerHistory, Series
from engine.debugging.layers import inactive_units
from engine.protocol import commands
from engine.protocol.commands import Subscribe
from engine.protocol.events import Position
from engine.protocol.views.layers import FIGURES, Layers, LayersQuery
from engine.runs.build import build_trainer
from engine.runs.description import Description
from engine.service.session import Session


class Sigmoid:
    def forward(self, inputs):
        self.output = 1 / (1 + np.exp(-inputs))

    def backward(self, dvalues):
        self.dinputs = dvalues * (1 - self.output) * self.output


class Momentum:
    """The book's, with momentums on the layers."""

    def __init__(self, learning_rate, momentum):
        self.learning_rate, self.momentum = learning_rate, momentum

    def update_params(self, layer):
        if not hasattr(layer, "weight_momentums"):
            layer.weight_momentums = np.zeros_like(layer.weights)
            layer.bias_momentums = np.zeros_like(layer.biases)
        layer.weight_momentums = (
            self.momentum * layer.weight_momentums - self.learning_rate * layer.dweights
        )
        layer.bias_momentums = (
            self.momentum * layer.bias_momentums - self.learning_rate * layer.dbiases
        )
        layer.weights += layer.weight_momentums
        layer.biases += layer.bias_momentums


def build(optimizer=None, activation=ReLU, batch_size=None):
    random = np.random.RandomState(0)
    y = np.arange(60) % 3
    data = Dataset(random.standard_normal((60, 2)) + 2 * np.eye(3)[y][:, :2], y)
    network = Network([Dense(2, 8, random), activation(), Dense(8, 3, random)])
    optimizer = optimizer or GradientDescent(0.5)
    return Trainer(network, SoftmaxCrossEntropy(), optimizer, data, batch_size=batch_size)


def session(**fields):
    description = Description(samples=30, paused=True, **fields)
    return Session(build_trainer(description), description)


def train(held, target):
    held.resume(target)
    while held.running:
        held.advance(0.01)


def answer(held, points=0, span=0):
    return held.frame(Subscribe([LayersQuery(points, span)])).answer(Layers)


@pytest.mark.parametrize("batch_size", [None, 16])
def test_figures_are_those_that_numpy_computes(batch_size):
    trainer = build(batch_size=batch_size)
    trainer.run(7)
    dense, relu, _ = trainer.network.layers
    weights = math.sqrt((dense.weights**2).sum() + (dense.biases**2).sum())
    gradient = math.sqrt((dense.dweights**2).sum() + (dense.dbiases**2).sum())
    output = np.array(dense.output)
    now = LayerHistory(trainer).now()
    expected = [weights, gradient, 0.5 * gradient / weights, math.nan, output.mean(), output.std()]
    np.testing.assert_allclose(now[0], expected, rtol=1e-12)
    dead = (relu.output == 0).all(axis=0).mean()
    np.testing.assert_allclose(now[1][3:], [dead, relu.output.mean(), relu.output.std()])
    assert np.isnan(now[1][:3]).all()


def test_an_update_is_what_the_optimizer_adds():
    trainer = build(Momentum(0.1, 0.9))
    trainer.run(5)
    trainer.step_operation()
    trainer.run(6)
    before = trainer.network.layers[0].weights.copy(), trainer.network.layers[0].biases.copy()
    while trainer.program[trainer.operation].phase != "update":
        trainer.step_operation()
    said = LayerHistory(trainer).now()[0][FIGURES.index("update")]
    length = math.sqrt(sum((x**2).sum() for x in before))
    trainer.step_operation()
    after = trainer.network.layers[0].weights, trainer.network.layers[0].biases
    step = math.sqrt(sum(((x - y) ** 2).sum() for x, y in zip(after, before, strict=True)))
    assert said == pytest.approx(step / length)


def test_looking_changes_nothing():
    bits = []
    for looks in (False, True):
        trainer = build(Momentum(0.1, 0.9), Sigmoid)
        history = LayerHistory(trainer)
        for _ in range(30):
            trainer.step_operation()
            if looks:
                history.now()
        bits.append(trainer.network.parameters.tobytes())
    assert bits[0] == bits[1]


@pytest.mark.parametrize(
    ("kind", "rows", "expected"),
    [
        ("ReLU", [[0, 1, 0], [0, 0, 2]], (1, 3)),
        ("Activation_Sigmoid", [[0.999, 0.5, 0.001], [0.995, 0.6, 0.999]], (2, 3)),
        ("Tanh", [[-0.999, 0.5], [0.999, 0.999]], (1, 2)),
        ("Softplus", [[0, 1], [0, 1]], None),
    ],
)
def test_units_that_pass_no_gradient_on_are_counted(kind, rows, expected):
    layer = type(kind, (), {"forward": None})()
    layer.output = np.array(rows, float)
    assert inactive_units(layer) == expected


def test_all_units_that_are_dead_are_said_with_the_epoch():
    held = session(learning_rate=50.0, epochs=400, seed=0)
    trainer, first = held.trainer, None
    while first is None:
        held.resume(trainer.epoch + 1)
        if (trainer.network.layers[1].output == 0).all():
            first = trainer.epoch - 1
    train(held, 400)
    concern = answer(held).concerns[0]
    assert (concern.layer, concern.text) == ("relu_1", "all 64 units of relu_1 are dead")
    assert (concern.since, concern.exact) == (first, True)


def test_thin_layers_that_hardly_learn_are_said():
    held = session(hidden=(4, 4, 4, 4, 4), epochs=50, seed=0)
    train(held, 50)
    said = {concern.layer for concern in answer(held).concerns if concern.figure == "update"}
    assert "dense_1" in said


def test_a_network_that_learns_well_raises_no_concern():
    held = session(learning_rate=1.0, epochs=2000, seed=0)
    train(held, 2000)
    assert answer(held).concerns == []


def test_curves_are_of_the_epochs_and_stay_when_one_goes_back():
    held = session(learning_rate=0.5, epochs=500, seed=0)
    train(held, 300)
    series = held.views.layers.series
    known = list(series.epochs)
    assert known[:DENSITY] == list(range(DENSITY))
    assert known[-1] == 299
    assert len(known) < 300
    held.handle(commands.GoTo(20))
    while held.running:
        held.advance(0.01)
    train(held, 300)
    assert held.views.layers.series.epochs == known
    rows = answer(held, 10, 300).rows
    assert all(x is not None for x in rows[0].curves["weights"])
    assert rows[0].curves["weights"][-1] == pytest.approx(rows[0].figures["weights"], rel=0.05)
    assert rows[1].curves["weights"] == [None] * 10


def test_they_are_measured_at_the_same_epochs_wherever_the_training_was_interrupted():
    measured = []
    for length in (1, 7, 500):
        held = session(learning_rate=0.5, epochs=500, seed=0)
        while not held.trainer.done:
            train(held, min(held.trainer.epoch + length, 500))
        measured.append(held.views.layers.series.epochs)
    assert measured[0] == measured[1] == measured[2]


def test_a_branch_begins_with_what_was_measured_before_it():
    held = session(learning_rate=0.5, epochs=500, seed=0)
    train(held, 100)
    held.trainer.go_to(Position(40, 0, 0))
    held.trainer.change("learning_rate", 5.0)
    assert held.views.layers.series.epochs == list(range(40))
    train(held, 100)
    main = next(b for b in held.trainer.timeline.branches if b.name == "main")
    before = held.views.layers._branches[main]
    now = held.views.layers.series
    np.testing.assert_array_equal(now.values[:40], before.values[:40])
    assert now.values[-1][0][0] != before.values[-1][0][0]


def test_a_series_is_thinned_where_it_grows_long():
    series = Series()
    for epoch in range(5000):
        series.add(epoch, np.full((1, len(FIGURES)), float(epoch)))
    assert len(series.epochs) <= 2049
    assert series.epochs[0] == 0
    assert series.last == 4999
    assert series.since(0, lambda figures: figures[0] >= 3000)[0] >= 3000


def test_large_layers_are_measured_in_part():
    held = session(hidden=(1500,), epochs=10, seed=0)
    train(held, 2)
    dense = held.trainer.network.layers[0]
    row = answer(held).rows[0]
    exact = math.sqrt((dense.weights**2).sum() + (dense.biases**2).sum())
    assert row.figures["weights"] == pytest.approx(exact, rel=0.1)
