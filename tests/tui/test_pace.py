"""The pace: few bytes on a slow line, no wait on a fast one, and never two frames asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Size

from tui.pace import MUTE_RATE, PATIENCE, Pace, allowed

SMALL = Size(80, 24)


def run(frame_bytes, seconds, answer_after=None):
    """Draw frames of that size as soon as the pace allows; return how many."""
    pace, now, written, frames = Pace(0.0), 0.0, 0, 0
    while now < seconds:
        written += frame_bytes
        pace.drawn(written, now, SMALL)
        if answer_after is not None:
            now += answer_after
            pace.answered(now)
        now += pace.wait(now) + 1e-3
        pace.asked()
        frames += 1
    return frames


def test_a_fast_line_gets_what_is_allowed():
    assert 1000 * run(1000, 30, 0.001) / 30 == pytest.approx(allowed(SMALL), rel=0.1)


def test_a_mute_terminal_gets_little():
    assert 1000 * run(1000, 30) / 30 == pytest.approx(MUTE_RATE, rel=0.1)


def test_a_slow_line_gets_a_frame_at_a_time_and_rests_as_long():
    assert run(1000, 30, 1.0) == pytest.approx(15, abs=1)


def test_small_frames_are_not_held_back():
    assert run(20, 1, 0.001) > 200


def test_a_person_waits_for_no_pace_and_for_one_frame_at_most():
    pace = Pace(0.0)
    pace.answered(0.0)
    pace.drawn(10**6, 0.0, SMALL)
    assert pace.wait(0.1) > 1
    pace.hurry()
    assert pace.wait(0.1) == 0
    pace.asked()
    assert pace.wait(0.1) is None
    pace.drawn(2 * 10**6, 0.2, SMALL)
    pace.hurry()
    assert pace.wait(0.3) > 1, "two frames are on their way already"
    pace.answered(0.4)
    assert pace.wait(0.4) == 0


def test_an_answer_that_is_lost_is_not_waited_for_forever():
    pace = Pace(0.0)
    pace.answered(0.0)
    pace.drawn(100, 0.0, SMALL)
    assert pace.wait(PATIENCE - 1) == pytest.approx(1)
    assert pace.wait(PATIENCE + 1) == 0


@given(st.lists(st.sampled_from(["drawn", "answered", "hurry", "asked"]), max_size=40))
def test_a_wait_is_never_negative(steps):
    pace, now = Pace(0.0), 0.0
    for step in steps:
        now += 0.1
        arguments = {"drawn": (int(1000 * now), now, SMALL), "answered": (now,)}.get(step, ())
        getattr(pace, step)(*arguments)
        wait = pace.wait(now)
        assert wait is None or 0 <= wait <= max(PATIENCE, 10**5)
