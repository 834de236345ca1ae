"""The history keeps each spike and each gap, in constant memory."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import History

numbers = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf])


@given(st.lists(numbers, max_size=300), st.sampled_from([4, 16, 64]), st.integers(1, 100))
def test_curves_hold_the_minimum_and_maximum_of_their_epochs(losses, capacity, points):
    history = History(capacity)
    for loss in losses:
        history.append(history.epochs, {"loss": loss})
        if len(losses) % 3 == 0:
            history.curve("loss", points)
    curve = history.curve("loss", points)
    finite = [x for x in losses if math.isfinite(x)]
    lower, upper = np.array(curve.lower), np.array(curve.upper)
    assert len(lower) <= max(points, capacity)
    if finite:
        assert np.nanmin(lower) == min(finite)
        assert np.nanmax(upper) == max(finite)
    else:
        assert np.isnan(lower).all()
    for i, low in enumerate(lower):
        near = losses[int(i * curve.span) : math.ceil((i + 1) * curve.span)]
        if curve.span == history.span:
            expected = min((x for x in near if math.isfinite(x)), default=math.nan)
            assert low == expected or (math.isnan(low) and math.isnan(expected))


@given(
    st.lists(numbers | st.sampled_from([1e308, -1e308]), min_size=1, max_size=300),
    st.sampled_from([4, 16, 64]),
    st.integers(1, 100),
    st.data(),
)
def test_each_point_is_of_its_epochs(losses, capacity, points, data):
    history = History(capacity)
    for loss in losses:
        history.append(history.epochs, {"loss": loss})
        if len(losses) % 3 == 0:
            history.settle()
    first = data.draw(st.integers(0, len(losses) - 1))
    until = data.draw(st.integers(first + 1, len(losses) + 10))
    curve = history.curve("loss", points, until, first)
    assert curve.first <= first < curve.first + history.span
    bucket = np.arange(len(losses)) // history.span  # what the curve is made from
    ends = -(-until // history.span)
    column = ((bucket + 0.5) * history.span - curve.first) // curve.span
    of = [np.array(losses)[(column == k) & (bucket < ends)] for k in range(len(curve.mean))]
    for k, near in enumerate(of):
        near = near[np.isfinite(near)]
        values = curve.lower[k], curve.mean[k], curve.upper[k]
        if len(near):
            mean = np.mean(near / len(near)) * len(near)
            scale = np.abs(near).max() or 1.0
            assert values == (near.min(), pytest.approx(mean, abs=1e-9 * scale), near.max())
        else:
            assert np.isnan(values).all()


def test_memory_is_constant():
    history = History(64)
    for epoch in range(100_000):
        history.append(epoch, {"loss": float(epoch), "accuracy": 0.0})
    assert history._lower.shape == (2, 64)
    assert history.epochs == 100_000
    assert history.curve("loss", 10, 100_000).upper[-1] == 99_999.0


@given(
    st.lists(numbers, min_size=1, max_size=300),
    st.sampled_from([4, 16]),
    st.integers(1, 100),
    st.data(),
)
def test_where_buckets_are_too_coarse_the_epochs_are_read_back(losses, capacity, points, data):
    history, kept = History(capacity), []
    history.sink = lambda values: kept.extend(values)
    history.source = lambda first, end: np.array(kept[first:end])
    for loss in losses:
        history.append(history.epochs, {"loss": loss})
    first = data.draw(st.integers(0, len(losses) - 1))
    until = data.draw(st.integers(first + 1, len(losses) + 10))
    curve = history.curve("loss", points, until, first)
    width = (until - first) / points
    if width >= history.span:
        return
    assert curve.first == first
    assert curve.span == max(1, width)
    place = (np.arange(len(losses) - first) + 0.5) // curve.span
    for k, (low, mean, high) in enumerate(zip(curve.lower, curve.mean, curve.upper, strict=True)):
        near = np.array(losses)[first:until][place[: until - first] == k]
        near = near[np.isfinite(near)]
        if len(near):
            assert (low, mean, high) == (near.min(), pytest.approx(near.mean()), near.max())
        else:
            assert np.isnan((low, mean, high)).all()


def test_no_more_is_read_back_than_a_screen_can_wait_for(monkeypatch):
    monkeypatch.setattr("engine.training.history.MOST_READ", 60)
    history, kept, asked = History(4), [], []
    history.sink = lambda values: kept.extend(values)
    history.source = lambda first, end: asked.append((first, end)) or np.array(kept[first:end])
    for epoch in range(200):
        history.append(epoch, {"loss": float(epoch), "accuracy": 0.5, "margin": 1.0})
    assert history.curve("loss", 100, 70, 50).span == 1
    assert history.curve("margin", 100, 70, 50).span == 1
    assert history.curve("loss", 100, 71, 50).span == history.span
    assert asked == [(50, 70)], "once for all metrics of a window"


def test_buckets_are_shown_where_nothing_can_be_read_back():
    history = History(4)
    for epoch in range(100):
        history.append(epoch, {"loss": float(epoch)})
    for source in (None, lambda first, end: None, lambda first, end: np.zeros((1, 1))):
        history.source = source
        curve = history.curve("loss", 50, 60, 40)
        assert curve.span == history.span
        assert curve.lower[0] == curve.first
