"""Axes: round, rare to move, and right for any numbers."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui.views.curves import axis

values = st.floats(-1e9, 1e9) | st.floats(0, 1e-6)
positive = st.floats(1e-12, 1e12)


@given(values, values)
def test_limits_hold_all_values(one, other):
    lowest, highest = sorted((one, other))
    low, high = axis.limits(lowest, highest)
    slack = 1e-6 * (high - low)
    assert low < high
    assert low - slack <= lowest
    assert highest <= high + slack


@given(values, values, st.none() | values, st.none() | values)
@example(0.0, 2.8e-108, -3.6e-153, None)
@example(0.1, 0.1, 0.0999999999, None)
@example(0.0, -6.8e-79, 0.0, 5e-324)
@example(0.1, 0.1, None, 0.1000000001)
def test_bounds_are_limits_where_no_value_is_beyond_them(one, other, least, most):
    lowest, highest = sorted((one, other))
    if least is not None and most is not None and not least < most:
        least = None
    low, high = axis.limits(lowest, highest, least, most)
    slack = 1e-6 * (high - low)
    assert low < high
    assert low - slack <= lowest
    assert highest <= high + slack
    if None not in (least, most) and least <= lowest and highest <= most:
        assert (low, high) == (least, most)


@given(positive, positive)
def test_logarithmic_limits_hold_all_values(one, other):
    lowest, highest = sorted((one, other))
    low, high = axis.log_limits(lowest, highest)
    assert 0 < low < high
    assert low <= lowest * (1 + 1e-6)
    assert highest <= high * (1 + 1e-6)
    marks = axis.log_ticks(low, high, 5)
    assert all(low * 0.999 <= mark <= high * 1.001 for mark in marks)
    assert marks == sorted(marks)


@given(values, values, st.integers(2, 12))
def test_ticks_are_few_and_evenly_spaced(one, other, most):
    low, high = axis.limits(*sorted((one, other)))
    marks = axis.ticks(low, high, most)
    assert 2 <= len(marks) <= most
    gaps = [b - a for a, b in pairwise(marks)]
    assert max(gaps) == pytest.approx(min(gaps), rel=1e-3)
    assert all(len(name) <= 6 for name in axis.labels(marks))


@given(st.floats(1e-6, 1e6), st.integers(1, 400))
def test_an_axis_moves_rarely(first, epochs):
    """A loss that falls evenly to a tenth moves the axis a few times only."""
    low = [first * (1 - 0.9 * k / epochs) for k in range(epochs + 1)]
    assert len({axis.limits(x, first) for x in low}) <= 20


@given(st.integers(1, 10**8), st.integers(1, 10**8))
def test_all_epochs_done_are_in_view(epoch, epochs):
    epoch = min(epoch, epochs - 1)
    shown = axis.epochs_shown(epoch, epochs)
    assert min(epoch + 1, epochs) <= shown <= epochs
    assert shown <= max(100, 2 * (epoch + 1))


@pytest.mark.parametrize(
    ("low", "high", "most", "names"),
    [
        (0, 10001, 3, ["0", "5000", "10000"]),
        (1.02, 1.1, 5, ["1.02", "1.04", "1.06", "1.08", "1.10"]),
        (0, 1, 3, ["0.0", "0.5", "1.0"]),
        (0, 1, 2, ["0", "1"]),
        (0, 60_000, 4, ["0", "20000", "40000", "60000"]),
        (0, 3e7, 4, ["0", "1e7", "2e7", "3e7"]),
        (0, 3e-7, 4, ["0e0", "1e-7", "2e-7", "3e-7"]),
    ],
)
def test_ticks_read_well(low, high, most, names):
    assert axis.labels(axis.ticks(low, high, most)) == names


def test_counts_are_brief():
    assert [axis.count(x) for x in (0, 800, 9999, 10_000, 2.5e6, 4e9)] == [
        *("0", "800", "9999", "10k", "2.5M", "4G")
    ]


@pytest.mark.parametrize(
    ("low", "high", "most", "names"),
    [
        (0.001, 1, 2, ["0.001", "0.1"]),
        (0.001, 1, 4, ["0.001", "0.01", "0.1", "1"]),
        (1e-9, 3e5, 2, ["1e-9", "0.1"]),
        (0.5, 0.5, 3, ["0.5", "1"]),
    ],
)
def test_logarithmic_ticks_read_well(low, high, most, names):
    assert axis.log_labels(axis.log_ticks(*axis.log_limits(low, high), most)) == names


@given(positive, positive, st.integers(2, 12))
def test_logarithmic_labels_are_the_marks(one, other, most):
    marks = axis.log_ticks(*axis.log_limits(*sorted((one, other))), most)
    names = axis.log_labels(marks)
    assert all(len(name) <= 6 for name in names)
    assert [float(name) for name in names] == pytest.approx(marks, rel=1e-3)
