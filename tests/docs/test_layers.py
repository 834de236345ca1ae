"""What the page about layers of one's own says, and its examples, are so."""

import re
from pathlib import Path

import numpy as np
import pytest

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
from tests.engine.test_gradients import away_from_zero, slope

PAGE = (Path(__file__).parents[2] / "docs" / "layers.md").read_text()
EXAMPLES = {"np": np}
for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
    exec(block, EXAMPLES)
LAYERS = {
    "Sigmoid": lambda: EXAMPLES["Sigmoid"](),
    "Dropout": lambda: EXAMPLES["Dropout"](0.2),
    "BatchNorm": lambda: EXAMPLES["BatchNorm"](8),
}
X = np.random.RandomState(2).uniform(-1, 1, (60, 2))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)


def build(kind, **options):
    random = np.random.RandomState(0)
    layers = [Dense(2, 8, random), LAYERS[kind](), ReLU(), Dense(8, 2, random)]
    layers[0].weights *= 100
    layers[3].weights *= 100
    return Trainer(
        Network(layers), SoftmaxCrossEntropy(), GradientDescent(0.5), Dataset(X, Y), **options
    )


def test_the_page_is_one_page_with_three_examples():
    assert set(LAYERS) <= set(EXAMPLES)
    assert len(PAGE.splitlines()) < 130


@pytest.mark.parametrize("kind", LAYERS)
def test_its_gradients_are_those_of_central_differences(kind):
    layer, random = LAYERS[kind](), np.random.default_rng(1)
    inputs = away_from_zero(random, 6, 8)
    extra = {"Sigmoid": (), "Dropout": (True, None), "BatchNorm": (True,)}[kind]

    def forward():
        if kind == "Dropout":
            layer.forward(inputs, True, np.random.default_rng(3))
        else:
            layer.forward(inputs, *extra)
        return layer.output

    weigh = random.standard_normal(forward().shape)
    layer.backward(weigh)
    kept = {name: value for name, value in vars(layer).items() if name.startswith("d")}
    for name, gradient in kept.items():
        values = inputs if name == "dinputs" else vars(layer).get(name[1:])
        if isinstance(values, np.ndarray):
            expected = slope(lambda: float((forward() * weigh).sum()), values)
            np.testing.assert_allclose(gradient, expected, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("batch_size", [None, 25])
@pytest.mark.parametrize("kind", LAYERS)
def test_it_learns_and_goes_back(kind, batch_size):
    trainer = build(kind, batch_size=batch_size, epochs=300)
    trainer.run(100)
    parameters, first = trainer.network.parameters, trainer.measured
    trainer.run(200)
    trainer.go_to(Position(100, 0, 0))
    assert trainer.measured == first
    np.testing.assert_array_equal(trainer.network.parameters, parameters)
    trainer.run()
    assert trainer.measured.accuracy > 0.7


@pytest.mark.parametrize("kind", LAYERS)
def test_it_predicts_without_a_trace(kind):
    trainer = build(kind, epochs=300)
    trainer.run(10)
    trainer.step_operation()
    kept = {k: dict(vars(layer)) for k, layer in enumerate(trainer.network.layers)}
    first, second = trainer.network.predict(X[:5]), trainer.network.predict(X[:5])
    np.testing.assert_array_equal(first, second)
    assert first.sum(axis=1) == pytest.approx(np.ones(5))
    for k, layer in enumerate(trainer.network.layers):
        assert all(vars(layer)[name] is value for name, value in kept[k].items())


def test_the_parameters_of_any_layer_are_trained():
    trainer = build("BatchNorm", epochs=300)
    before = {p: getattr(trainer.network.layers[1], p).copy() for p in ("gamma", "beta")}
    trainer.run(5)
    for name, value in before.items():
        assert (getattr(trainer.network.layers[1], name) != value).all()
