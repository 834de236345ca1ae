"""The book's classes, given to a trainer as they are, train as they do in a loop by hand."""

import inspect

import numpy as np
import pytest

from engine import Dataset, EpochMeasured, Network, Position, Trainer
from tests.book import adam, basics, dropout, momentum, regularization

BOOK = {
    "basics": basics,
    "momentum": momentum,
    "adam": adam,
    "dropout": dropout,
    "regularization": regularization,
}
EPOCHS = 60


def data(classes=3):
    random = np.random.RandomState(1)
    X = random.standard_normal((50, 2))
    return X, ((X[:, 0] > 0) + (X[:, 1] * X[:, 0] > 0)).astype(int) % classes


def by_hand(layers, loss, optimizer, epochs):
    """Train as the book's main loop does; yield the loss of each epoch."""
    X, y = data()
    for _ in range(epochs):
        output = X
        for layer in layers:
            takes_training = "training" in inspect.signature(layer.forward).parameters
            layer.forward(output, *[True] * takes_training)
            output = layer.output
        yield np.mean(loss.forward(output, y))
        loss.backward(getattr(loss, "output", output), y)
        dvalues = loss.dinputs
        for layer in reversed(layers):
            layer.backward(dvalues)
            dvalues = layer.dinputs
        if hasattr(optimizer, "pre_update_params"):
            optimizer.pre_update_params()
        for layer in layers:
            if hasattr(layer, "weights"):
                optimizer.update_params(layer)
        if hasattr(optimizer, "post_update_params"):
            optimizer.post_update_params()


def build(name, **options):
    np.random.seed(0)
    layers, loss, optimizer = BOOK[name].build()
    options = {"epochs": EPOCHS, **options}
    return Trainer(Network(layers), loss, optimizer, Dataset(*data()), **options)


@pytest.mark.parametrize("name", BOOK)
def test_it_trains_as_by_hand(name):
    np.random.seed(0)
    layers, *others = BOOK[name].build()
    expected = list(by_hand(layers, *others, EPOCHS))
    trainer, losses = build(name), []
    trainer.observe(EpochMeasured, lambda event: losses.append(event.loss))
    trainer.run()
    assert losses == expected
    assert losses[-1] < losses[0]
    for ours, theirs in zip(trainer.network.layers, layers, strict=True):
        for parameter in ("weights", "biases"):
            if hasattr(theirs, parameter):
                np.testing.assert_array_equal(getattr(ours, parameter), getattr(theirs, parameter))


@pytest.mark.parametrize("batch_size", [None, 12])
@pytest.mark.parametrize("name", BOOK)
def test_it_steps_and_goes_back(name, batch_size):
    trainer = build(name, batch_size=batch_size)
    seen = {}
    for _ in range(3 * trainer.batches * len(trainer.program)):
        seen[trainer.position] = trainer.network.parameters.tobytes(), trainer.rows.value
        trainer.step_operation()
    trainer.run(50)
    for position in (*list(seen)[::-7], Position(0, 0, 0)):
        trainer.go_to(position)
        parameters, value = seen[position]
        assert trainer.network.parameters.tobytes() == parameters
        assert np.array_equal(trainer.rows.value, value, equal_nan=True)


def test_the_learning_rate_of_the_book_can_be_changed():
    for name in ("momentum", "adam", "regularization"):
        trainer = build(name)
        trainer.optimizer.decay = 0.0
        trainer.run(3)
        trainer.change("learning_rate", 0.0)
        trainer.optimizer.momentum = 0.0
        before = trainer.network.parameters.copy()
        trainer.run(6)
        assert (trainer.network.parameters == before).all()


def test_predicting_draws_nothing_and_drops_nothing():
    trainer = build("dropout")
    trainer.run(10)
    drawn, mask = np.random.get_state()[1].copy(), trainer.network.layers[2].binary_mask
    first, second = (trainer.network.predict(data()[0][:7]) for _ in range(2))
    assert (first == second).all()
    assert first.sum(axis=1) == pytest.approx(np.ones(7))
    assert (np.random.get_state()[1] == drawn).all()
    assert trainer.network.layers[2].binary_mask is mask
