"""The figures of an array, against plain NumPy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from engine.debugging import statistics as s
from engine.protocol.views.inside import LEVELS, NOT_A_NUMBER

ARRAYS = st.one_of(
    nps.arrays(
        st.sampled_from([np.float64, np.float32]),
        nps.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6),
        elements=st.floats(-1e6, 1e6, width=32)
        | st.sampled_from([0.0, math.nan, math.inf, -math.inf]),
    ),
    nps.arrays(np.int64, nps.array_shapes(max_side=5), elements=st.integers(-1000, 1000)),
    nps.arrays(bool, nps.array_shapes(max_side=5)),
)


def near(value):
    return pytest.approx(value, rel=1e-5, abs=1e-6, nan_ok=True)


@given(ARRAYS)
def test_statistics(values):
    told = s.statistics(values)
    plain = values.astype(np.float64)
    finite = plain[np.isfinite(plain)]
    assert told.not_numbers == np.isnan(plain).sum()
    assert told.infinite == np.isinf(plain).sum()
    assert told.zeros == near((plain == 0).mean() if plain.size else 0)
    if finite.size:
        assert told.minimum == finite.min()
        assert told.maximum == finite.max()
        dtype = values.dtype if values.dtype.kind == "f" else np.float64
        noise = 256 * np.finfo(dtype).eps * finite.std()
        assert told.mean == pytest.approx(finite.mean(), rel=1e-5, abs=noise)
        assert told.deviation == near(finite.std())
    else:
        assert all(map(math.isnan, (told.minimum, told.mean, told.maximum, told.deviation)))


def test_a_mean_that_is_only_rounding_is_zero():
    values = np.array([0.22868, -0.18150, -0.04718 + 4e-16])
    assert values.mean() != 0
    assert s.statistics(values).mean == 0
    assert s.statistics(values + 1e-11).mean == pytest.approx(1e-11, rel=1e-3)


@given(ARRAYS, st.integers(1, 40))
def test_histogram_counts_every_finite_value(values, bins):
    figures = s.statistics(values)
    scale = s.scale_of(figures)
    low = -scale if figures.minimum < 0 else 0.0
    counts = s.histogram(values, bins, low, scale)
    assert len(counts) == bins
    assert sum(counts) == np.isfinite(values.astype(np.float64)).sum()


@given(ARRAYS)
def test_levels_keep_sign_zero_and_what_is_not_finite(values):
    plain = values.astype(np.float64)
    scale = s.scale_of(s.statistics(values))
    levels = s.levels(values, scale)
    assert ((levels == NOT_A_NUMBER) == np.isnan(plain)).all()
    assert ((np.abs(levels) == s.INFINITE) == np.isinf(plain)).all()
    assert ((levels == 0) == (plain == 0)).all()
    known = ~np.isnan(plain)
    assert (np.sign(levels[known]) == np.sign(plain[known])).all()
    assert (np.abs(levels[np.isfinite(plain)]) <= LEVELS).all()


@given(st.floats(1e-290, 1e290))
def test_scales_are_round_and_no_less(value):
    scale = s.round_up(value)
    assert value <= scale <= 1.7 * value
    assert float(f"{scale:e}".split("e")[0]) in s.ROUND


def test_what_is_no_scale_is_one():
    assert [s.round_up(x) for x in (0.0, math.nan, math.inf, -3.0)] == [1.0] * 4


def test_a_sample_is_of_whole_rows():
    values = np.arange(1000.0).reshape(100, 10)
    part = s.sample(values, 200)
    assert part.shape == (20, 10)
    assert s.sample(values, 1000) is values
    assert s.sample(np.float64(3).reshape(()), 1).size == 1
