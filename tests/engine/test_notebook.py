"""The numbers of the notebook, to the last bit."""

import itertools
import os

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from engine import Dense, GradientDescent, ReLU, Softmax, SoftmaxCrossEntropy
from engine.protocol import events
from engine.runs.build import build_trainer
from engine.runs.description import Description
from tests import notebook
from tests.command import nntui
from tests.thin import thinned

RUNS = [
    {},
    {"seed": 7, "hidden": (16,), "samples": 50, "classes": 4},
    {"seed": 1, "hidden": (64, 32), "samples": 30, "learning_rate": 0.5},
    {"seed": 2, "hidden": (300,), "samples": 200, "classes": 10, "learning_rate": 0.05},
    {"seed": 3, "hidden": (1,), "samples": 30, "classes": 2, "learning_rate": 1.0},
    {"seed": 4, "hidden": (), "samples": 20, "classes": 12},
    {"seed": 5, "hidden": (1, 10), "samples": 33, "classes": 7},
    {"seed": 6, "hidden": (8, 100, 3), "samples": 100, "classes": 8},
]


@pytest.mark.parametrize(
    ("options", "kernels"), thinned(itertools.product(RUNS, [True, False]), 5), ids=str
)
def test_a_training_agrees_with_the_notebook(options, kernels):
    epochs = 1000 if kernels and options.get("samples", 100) <= 100 else 200
    losses = []
    with threadpool_limits(1):
        expected = list(notebook.loop(*notebook.build(**options), epochs))
        trainer = build_trainer(Description(epochs=epochs, kernels=kernels, **options))
        trainer.observe(events.EpochMeasured, lambda e: losses.append((e.loss, e.accuracy)))
        trainer.run()
    assert losses == [e[:2] for e in expected]
    np.testing.assert_array_equal(trainer.probabilities, expected[-1][2])


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one core")
@pytest.mark.parametrize(
    "options", thinned([*RUNS, {"seed": 8, "hidden": (300, 1, 200)}], 9), ids=str
)
def test_a_training_agrees_with_the_notebook_on_two_threads(options):
    trainer = build_trainer(Description(epochs=100, **options))
    losses = []
    trainer.observe(events.EpochMeasured, lambda e: losses.append((e.loss, e.accuracy)))
    with threadpool_limits(2):
        expected = list(notebook.loop(*notebook.build(**options), 100))
        trainer.run()
    assert losses == [e[:2] for e in expected]
    np.testing.assert_array_equal(trainer.probabilities, expected[-1][2])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("samples", [1, 3, 30, 300, 601])
def test_a_layer_rounds_as_the_notebooks(samples, dtype):
    random = np.random.default_rng(samples)
    for n_in, n_out in itertools.product([1, 2, 3, 8, 16, 64, 300], repeat=2):
        ours, theirs = Dense(n_in, n_out), notebook.Dense(n_in, n_out)
        ours.weights = random.standard_normal((n_in, n_out)).astype(dtype)
        ours.biases = random.standard_normal((1, n_out)).astype(dtype)
        theirs.weights, theirs.biases = ours.weights, ours.biases
        inputs = random.standard_normal((samples, n_in)).astype(dtype)
        slopes = random.standard_normal((samples, n_out)).astype(dtype)
        with threadpool_limits(1):
            for layer in ours, theirs:
                layer.forward(inputs)
                layer.backward(slopes)
        np.testing.assert_array_equal(ours.output, theirs.outputs, f"output of {ours}")
        for name in ("dweights", "dbiases", "dinputs"):
            message = f"{name} of {ours}"
            np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), message)


@pytest.mark.parametrize("classes", range(1, 12))
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_softmax_rounds_as_the_notebooks(classes, dtype):
    logits = np.random.default_rng(classes).standard_normal((301, classes)).astype(dtype)
    ours, theirs = Softmax(), notebook.Softmax()
    ours.forward(logits)
    theirs.forward(logits)
    np.testing.assert_array_equal(ours.output, theirs.output)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_relu_is_the_notebooks_where_numbers_are_not_finite(dtype):
    numbers = np.array([1, -1, 0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45], dtype)
    inputs, slopes = (np.ascontiguousarray(part) for part in np.meshgrid(numbers, numbers))
    ours, theirs = ReLU(), notebook.ReLU()
    for layer in ours, theirs:
        layer.forward(inputs)
        layer.backward(slopes)
    np.testing.assert_array_equal(ours.output, theirs.output)
    np.testing.assert_array_equal(ours.dinputs, theirs.dinputs)
    assert (np.signbit(ours.dinputs) == np.signbit(theirs.dinputs)).all()


def test_the_headless_lines_are_the_notebooks():
    printed = nntui("--headless", "--seed", "5", "--epochs", "501", check=True).stdout
    with threadpool_limits(1):
        epochs = list(notebook.loop(*notebook.build(seed=5), 501))
    lines = [
        f"epoch: {epoch}, acc: {accuracy:.3f}, loss: {loss:.3f}"
        for epoch, (loss, accuracy, _) in enumerate(epochs)
        if not epoch % 100
    ]
    loss, accuracy, output = epochs[-1]
    lines += [*str(output[:5]).split("\n"), f"Loss:  {loss}", f"Accuracy: {accuracy}"]
    assert printed.splitlines() == lines


@pytest.mark.parametrize("seed", thinned([0, 1], 2))
def test_the_default_run_agrees_to_its_end(seed):
    trainer = build_trainer(Description(seed=seed))
    ours = []
    trainer.observe(events.EpochMeasured, ours.append)
    with threadpool_limits(1):
        trainer.run()
        theirs = list(notebook.loop(*notebook.build(seed=seed), 10001))
    assert [(our.loss, our.accuracy) for our in ours] == [their[:2] for their in theirs]
    np.testing.assert_array_equal(trainer.probabilities, theirs[-1][2])


def test_the_classes_are_used_as_the_notebook_uses_its_own():
    X, y, (old_1, old_2), old_loss, old_optimizer = notebook.build(samples=20)
    np.random.seed(0)
    notebook.nnfs.datasets.spiral_data(samples=20, classes=3)
    dense_1, relu, dense_2 = Dense(2, 64), ReLU(), Dense(64, 3)
    loss_activation, optimizer = SoftmaxCrossEntropy(), GradientDescent(0.1)
    theirs = notebook.loop(X, y, [old_1, old_2], old_loss, old_optimizer, 20)
    for loss, _, output in theirs:
        dense_1.forward(X)
        relu.forward(dense_1.output)
        dense_2.forward(relu.output)
        assert loss_activation.forward(dense_2.output, y) == loss
        np.testing.assert_array_equal(loss_activation.output, output)
        loss_activation.backward(loss_activation.output, y)
        dense_2.backward(loss_activation.dinputs)
        relu.backward(dense_2.dinputs)
        dense_1.backward(relu.dinputs)
        optimizer.update_parameters(dense_1)
        optimizer.update_parameters(dense_2)
