"""Curves tell the truth: means and extremes are where NumPy says that they are."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.protocol.metrics import ACCURACY, LOSS
from engine.protocol.views.curves import CurveData
from engine.training.history import History
from tui.views.curves.chart import Chart, Drawing, Plot
from tui.views.curves.series import Series
from tui.widgets.braille import BLANK, Braille

COLUMNS, ROWS = 40, 12
numbers = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, 1e300, 5e-324])


def dots(text):
    """Return the dots of Braille cells, the lowest row first."""
    bits = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
    codes = np.array([[ord(cell) - ord(BLANK) for cell in row] for row in text])
    cells = (codes[:, None, :, None] & bits[None, :, None, :]) > 0
    return cells.reshape(4 * len(text), -1)[::-1]


def data(values, points=2 * COLUMNS):
    """Return the curve of some epochs, as a session sends it."""
    history = History()
    for value in values:
        history.append(history.epochs, {"loss": value})
    curve = history.curve("loss", points, len(values))
    gaps = [[x if math.isfinite(x) else None for x in v] for v in (curve.lower, curve.mean)]
    upper = [x if math.isfinite(x) else None for x in curve.upper]
    return CurveData(curve.first, curve.span, *gaps, upper)


def drawing(curve, span, ghosts=(), marks=(), now=None):
    return Drawing([Series("", "accent", curve)], ghosts, 0, span, marks, now)


def drawn(curve, span, width=COLUMNS + 8, height=ROWS + 1, metric=LOSS, **how):
    """Return the lines of a chart as text."""
    chart = Chart(metric)
    chart.logarithmic = how.pop("logarithmic", False)
    lines = chart._curves(drawing(curve, span, **how), width, height)
    return ["".join(text for text, _ in line) for line in lines]


@given(
    st.dictionaries(st.integers(0, 59), st.floats(-0.5, 1.5), min_size=1),
    st.integers(1, 9),
)
def test_a_line_passes_through_its_points_without_a_gap(points, rows):
    grid = Braille(30, rows)
    grid.line([((column + 0.5) / 60, points[column]) for column in sorted(points)])
    found, top = dots(grid.text()), 4 * rows - 1
    for column, y in points.items():
        if 0 <= y <= 1:
            height = round(y * top)
            assert found[max(0, height - 1) : height + 2, column].any()
    if all(0 <= y <= 1 for y in points.values()):
        columns = np.flatnonzero(found.any(axis=0))
        assert columns.tolist() == list(range(min(points), max(points) + 1))


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=80), st.floats(0, 1))
def test_a_band_is_filled_from_its_minimum_to_its_maximum(low, wide):
    n = len(low)
    grid = Braille(n, 6)
    spans = [((2 * k + 0.5) / (2 * n), y, y + wide) for k, y in enumerate(low)]
    grid.band(spans)
    found = dots(grid.text())
    for k, y in enumerate(low):
        heights = np.flatnonzero(found[:, 2 * k])
        bottom, top = round(max(0.0, y * 23)), round(min(23.0, (y + wide) * 23))
        inside = list(range(bottom, top + 1)) if (y + wide) * 23 >= -0.5 and y * 23 <= 23.5 else []
        assert heights.tolist() == inside


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_the_line_is_the_mean_of_the_epochs_of_each_column(epochs_each, seed):
    random, epochs = np.random.default_rng(seed), 2 * COLUMNS * epochs_each
    losses = 1 + 0.3 * random.standard_normal(epochs)
    curve = data(losses.tolist())
    plot = Plot(drawing(curve, epochs), 0.0, 2.0, False, COLUMNS, ROWS)
    plot.draw_line(plot.drawing.series[0])
    text = ["".join(c if c != " " else BLANK for c in row.cells) for row in plot.body]
    found = dots(text)
    means = losses.reshape(-1, epochs_each).mean(axis=1)
    assert curve.mean == pytest.approx(means.tolist())
    for column, mean in enumerate(means):
        if 0 <= mean <= 2:
            height = mean / 2 * (4 * ROWS - 1)
            assert found[max(0, int(height)) : int(height) + 2, column].any()


def test_a_rare_spike_is_marked_at_the_edge_with_its_value():
    losses = np.linspace(1.0, 0.2, 4000)
    losses[1700] = 7.3
    text = drawn(data(losses.tolist()), 4000)
    assert "▲7.3" in text[0]
    limits = [float(line[:6]) for line in text if line[:6].strip() and "┤" in line]
    assert max(limits) < 2


def test_a_curve_that_falls_at_its_beginning_is_no_spike():
    losses = 1.1 * np.exp(-np.arange(1000) / 30)
    text = drawn(data(losses.tolist()), 1000)
    assert "▲" not in "".join(text)


@pytest.mark.parametrize("metric", [LOSS, ACCURACY])
@pytest.mark.parametrize("logarithmic", [False, True])
@given(values=st.lists(numbers, min_size=1, max_size=120))
@example(values=[0.6931] * 5)
@example(values=[5e-324, 1e300])
def test_any_values_can_be_drawn(metric, logarithmic, values):
    for width, height in ((48, 13), (12, 2), (200, 40)):
        lines = drawn(
            data(values), len(values), width, height, metric,
            logarithmic=logarithmic, marks=[(1, 0.5)], now=0,
        )  # fmt: skip
        if any(line.strip() for line in lines[1:]) and "will be here" not in lines[-1]:
            assert len(lines) == height
            assert {len(line) for line in lines} == {width}


def test_a_branch_above_the_axis_is_named_at_the_edge():
    curve, ghost = data([1.0, 0.5, 0.4, 0.3] * 10), data([1.0, *[50.0] * 39])
    text = drawn(curve, 40, ghosts=[Series("lr 50", "ghost1", ghost)])
    assert "▲ lr 50" in "".join(text[:3])


def test_a_branch_is_drawn_as_its_mean():
    ghost = [0.19 if k % 50 else 2.44 for k in range(2000)]
    plot = Plot(
        drawing(data([1.0] * 2000), 2000, [Series("", "ghost1", data(ghost))]),
        0.0, 2.5, False, COLUMNS, ROWS,
    )  # fmt: skip
    plot.draw_line(plot.drawing.ghosts[0])
    height = [k for k, row in enumerate(plot.body) if "ghost1" in row.inks]
    mean = np.mean(ghost)
    assert set(height) <= {ROWS - 1 - int(mean / 2.5 * ROWS) + d for d in (-1, 0, 1)}
