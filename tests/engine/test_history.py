"""The history keeps each spike and each gap, in constant memory."""

import math

import numpy as np
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


def test_memory_is_constant():
    history = History(64)
    for epoch in range(100_000):
        history.append(epoch, {"loss": float(epoch), "accuracy": 0.0})
    assert history._lower.shape == (2, 64)
    assert history.epochs == 100_000
    assert history.curve("loss", 10, 100_000).upper[-1] == 99_999.0
