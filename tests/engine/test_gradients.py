"""Gradients against central differences, and against the notebook's, for any shape."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import CrossEntropyLoss, Dense, ReLU, Softmax, SoftmaxCrossEntropy
from engine.nn.parameters import pairs
from tests import notebook

STEP = 1e-6
shapes = {
    "seed": st.integers(0, 1000),
    "samples": st.integers(1, 12),
    "n_in": st.integers(1, 10),
    "n_out": st.integers(1, 10),
}


def slope(function, values):
    """The derivative of a number by each of ``values``, from both sides."""
    out = np.empty_like(values)
    for at in np.ndindex(values.shape):
        kept = values[at]
        values[at] = kept + STEP
        above = function()
        values[at] = kept - STEP
        out[at] = (above - function()) / (2 * STEP)
        values[at] = kept
    return out


def away_from_zero(random, *shape):
    """Numbers that a small step takes over no kink."""
    values = random.standard_normal(shape)
    return values + np.sign(values) * 0.01


@settings(max_examples=30, deadline=None)
@given(**shapes, kind=st.sampled_from(["dense", "relu", "softmax"]))
def test_layers(seed, samples, n_in, n_out, kind):
    random = np.random.default_rng(seed)
    layer = {"dense": lambda: Dense(n_in, n_out), "relu": ReLU, "softmax": Softmax}[kind]()
    X = away_from_zero(random, samples, n_in)
    layer.forward(X)
    weigh = random.standard_normal(layer.output.shape)

    def total():
        layer.forward(X)
        return float((layer.output * weigh).sum())

    layer.backward(weigh)
    dinputs, gradients = layer.dinputs, [(p, d.copy()) for p, d in pairs(layer)]
    np.testing.assert_allclose(dinputs, slope(total, X), atol=1e-7)
    assert len(gradients) == (2 if kind == "dense" else 0)
    for parameter, gradient in gradients:
        np.testing.assert_allclose(gradient, slope(total, parameter), atol=1e-7)


@settings(max_examples=30, deadline=None)
@given(**shapes, one_hot=st.booleans(), fused=st.booleans())
def test_losses(seed, samples, n_in, n_out, one_hot, fused):
    random = np.random.default_rng(seed)
    classes = n_out + 1
    labels = random.integers(0, classes, samples)
    y = np.eye(classes)[labels] if one_hot else labels
    values = random.standard_normal((samples, classes))
    ours, theirs = (
        (SoftmaxCrossEntropy(), notebook.SoftmaxCrossEntropy())
        if fused
        else (CrossEntropyLoss(), notebook.CrossEntropyLoss())
    )
    if not fused:
        values = np.exp(values) / np.exp(values).sum(1, keepdims=True)
    mean = ours.forward if fused else ours.calculate
    expected = theirs.forward(values, y) if fused else theirs.calculate(values, y)
    assert mean(values, y) == pytest.approx(expected, rel=1e-13)
    at = ours.output.copy() if fused else values
    ours.backward(at, y)
    theirs.backward(at, y)
    dinputs = ours.dinputs.copy()
    np.testing.assert_allclose(dinputs, theirs.dinputs, rtol=1e-13)
    expected = slope(lambda: mean(values, y), values)
    np.testing.assert_allclose(dinputs, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("labels", [[0.5, 1.0], [[0.5, 0.5], [1, 0]], [[[0]]], ["a", "b"]])
def test_labels_that_are_neither_sparse_nor_one_hot(labels):
    with pytest.raises(ValueError, match="class indices"):
        CrossEntropyLoss().calculate(np.full((2, 2), 0.5), labels)


def test_a_label_beyond_the_outputs():
    with pytest.raises(IndexError):
        CrossEntropyLoss().calculate(np.full((2, 2), 0.5), [0, 2])


def test_extreme_logits_stay_finite():
    loss = SoftmaxCrossEntropy()
    assert np.isfinite(loss.forward(np.array([[1e4, -1e4], [-1e4, 1e4]]), [1, 1]))
    assert np.isfinite(loss.output).all()
