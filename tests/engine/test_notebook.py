"""The numbers of the notebook: to every printed digit, and to 1e-9 over 1,000 epochs."""

import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from engine import Dense, GradientDescent, ReLU, SoftmaxCrossEntropy, events
from engine.service.build import build_trainer
from engine.service.description import Description
from tests import notebook

RUNS = [
    {},
    {"seed": 7, "hidden": (16,), "samples": 50, "classes": 4},
    {"seed": 1, "hidden": (64, 32), "samples": 30, "learning_rate": 0.5},
    {"seed": 2, "hidden": (300,), "samples": 200, "classes": 10, "learning_rate": 0.05},
    {"seed": 3, "hidden": (1,), "samples": 30, "classes": 2, "learning_rate": 1.0},
    {"seed": 4, "hidden": (), "samples": 20, "classes": 12},
]


@pytest.mark.parametrize("options", RUNS, ids=str)
def test_a_training_agrees_with_the_notebook(options):
    epochs = 1000 if options.get("samples", 100) <= 100 else 200
    losses = []
    with threadpool_limits(1):
        expected = list(notebook.loop(*notebook.build(**options), epochs))
        trainer = build_trainer(Description(epochs=epochs, **options))
        trainer.subscribe(events.EpochMeasured, lambda e: losses.append((e.loss, e.accuracy)))
        trainer.run()
    np.testing.assert_allclose(losses, [e[:2] for e in expected], rtol=0, atol=1e-9)
    np.testing.assert_allclose(trainer.probabilities, expected[-1][2], rtol=0, atol=1e-9)


def test_the_headless_lines_are_the_notebooks():
    run = [sys.executable, "-m", "tui", "--headless", "--seed", "5", "--epochs", "501"]
    printed = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    with threadpool_limits(1):
        epochs = list(notebook.loop(*notebook.build(seed=5), 501))
    lines = [
        f"epoch: {epoch}, acc: {accuracy:.3f}, loss: {loss:.3f}"
        for epoch, (loss, accuracy, _) in enumerate(epochs)
        if not epoch % 100
    ]
    loss, accuracy, output = epochs[-1]
    lines += str(output[:5]).split("\n")
    *got, loss_line, accuracy_line = printed.splitlines()
    assert got == lines
    assert loss_line.startswith("Loss:  ")
    assert float(loss_line[7:]) == pytest.approx(loss, abs=1e-14)
    assert accuracy_line == f"Accuracy: {accuracy}"


@pytest.mark.parametrize("seed", [0, 1])
def test_the_default_run_agrees_to_its_end(seed):
    trainer = build_trainer(Description(seed=seed))
    ours = []
    trainer.subscribe(events.EpochMeasured, ours.append)
    with threadpool_limits(1):
        trainer.run()
        theirs = list(notebook.loop(*notebook.build(seed=seed), 10001))
    for our, (loss, accuracy, _) in zip(ours[::100], theirs[::100], strict=True):
        assert (f"{our.accuracy:.3f}", f"{our.loss:.3f}") == (f"{accuracy:.3f}", f"{loss:.3f}")


def test_the_classes_are_used_as_the_notebook_uses_its_own():
    X, y, (old_1, old_2), old_loss, old_optimizer = notebook.build(samples=20)
    np.random.seed(0)
    notebook.nnfs.datasets.spiral_data(samples=20, classes=3)
    dense_1, relu, dense_2 = Dense(2, 64), ReLU(), Dense(64, 3)
    loss_activation, optimizer = SoftmaxCrossEntropy(), GradientDescent(0.1)
    theirs = notebook.loop(X, y, [old_1, old_2], old_loss, old_optimizer, 20)
    for loss, _, output in theirs:
        dense_1.forward(X)
        relu.forward(dense_1.outputs)
        dense_2.forward(relu.output)
        assert loss_activation.forward(dense_2.outputs, y) == pytest.approx(loss, abs=1e-12)
        np.testing.assert_allclose(loss_activation.output, output, atol=1e-12)
        loss_activation.backward(loss_activation.output, y)
        dense_2.backward(loss_activation.dinputs)
        relu.backward(dense_2.dinputs)
        dense_1.backward(relu.dinputs)
        optimizer.update_parameters(dense_1)
        optimizer.update_parameters(dense_2)
