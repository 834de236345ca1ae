"""The pace: few bytes on a slow line, no wait on a fast one, and never two frames asked for."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Size

from tui.pace import FIRST, MUTE_RATE, PATIENCE, Pace, allowed

SMALL = Size(80, 24)


def draw(pace, written, now):
    """Draw a frame, and put the question behind it if that may be."""
    pace.put(written, now)
    pace.drawn(written, now, SMALL)


def run(frame_bytes, seconds, answer_after=None):
    """Draw frames of that size as soon as the pace allows; return how many."""
    pace, now, written, frames = Pace(0.0), 0.0, 0, 0
    while now < seconds:
        written += frame_bytes
        draw(pace, written, now)
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
    draw(pace, 10**6, 0.0)
    assert pace.wait(0.1) > 1
    pace.hurry()
    assert pace.wait(0.1) == 0
    pace.asked()
    assert pace.wait(0.1) is None
    draw(pace, 2 * 10**6, 0.2)
    pace.hurry()
    assert pace.wait(0.3) > 1, "two frames are on their way already"
    assert pace.answered(0.4), "the second one is still to be asked for"
    pace.put(2 * 10**6, 0.4)
    assert pace.wait(0.4) == 0


def test_an_answer_that_is_lost_is_not_waited_for_forever():
    pace = Pace(0.0)
    pace.answered(0.0)
    draw(pace, 100, 0.0)
    assert pace.wait(PATIENCE - 1) == pytest.approx(1)
    assert pace.wait(PATIENCE + 1) == 0
    pace.asked()
    assert pace.free(PATIENCE + 1)


def test_what_a_dialog_costs_holds_back_no_frame():
    pace = Pace(0.0)
    pace.answered(0.0)
    draw(pace, 100, 0.0)
    pace.answered(0.001)
    pace.asked()
    pace.put(20_000, 1.0)  # a dialog is opened and closed
    pace.answered(1.001)
    pace.arrived(20_000)
    draw(pace, 20_100, 1.1)
    pace.answered(1.101)
    assert pace.wait(1.2) == 0


def test_the_line_rests_for_as_long_as_it_was_busy_not_for_as_long_as_nothing_was_written():
    pace = Pace(0.0)
    draw(pace, 100, 0.0)
    pace.answered(0.001)
    pace.put(200, 5.0)
    pace.answered(5.1)
    assert pace.wait(5.1) == pytest.approx(0.1)
    pace.put(300, 6.0)
    pace.put(400, 6.1)
    assert pace.answered(6.2)
    pace.put(400, 6.2)
    pace.answered(6.4)
    assert pace.wait(6.4) == pytest.approx(0.4), "since both were on their way"


def test_an_answer_that_a_fast_line_loses_is_not_waited_for_long():
    pace, now = Pace(0.0), 0.0
    for turn in range(3):
        draw(pace, 1000 * turn, now := now + 1)
        pace.answered(now + 0.001)
    draw(pace, 3000, now := now + 1)
    assert not pace.free(now + 0.4)
    assert pace.free(now + 0.6)
    draw(pace, 4000, now := now + 0.6)
    assert not pace.free(now + 0.9), "the second is waited for longer"
    assert pace.free(now + 1.1)


class Line:
    """A line of so many bytes a second, and a terminal that drops some of its answers."""

    def __init__(self, rate, away, dropped=()):
        self.pace, self.now, self.rate, self.away, self.dropped = (
            Pace(0.0),
            0.0,
            rate,
            away,
            dropped,
        )
        self.written, self.unwritten, self.questions, self.empty_at = 0, 0, 0, 0.0
        self.answers, self.frames, self.queues, self.due = [], [], [], math.inf

    def question(self):
        if self.pace.put(self.written, self.now):
            if self.questions not in self.dropped:
                self.answers.append(max(self.empty_at, self.now) + self.away)
            self.questions += 1

    def write(self):
        part = int(min(self.unwritten, self.pace.portion(self.now)))
        self.unwritten, self.written = self.unwritten - part, self.written + part
        self.empty_at = max(self.empty_at, self.now) + part / self.rate
        self.queues.append((self.now, self.empty_at - self.now))
        self.question()

    def draw(self):
        """Draw the frame that has been asked for: the first is the whole screen."""
        self.due = math.inf
        self.pace.arrived(self.written)
        self.unwritten = min(6000, self.unwritten + (800 if self.frames else 6000))
        self.frames.append(self.now)
        self.write()
        self.pace.drawn(self.written, self.now, SMALL)

    def ask(self):
        if self.unwritten and self.pace.free(self.now):
            self.write()
        if self.pace.wait(self.now) == 0:
            self.pace.asked()
            self.due = self.now + 0.005

    def run(self, seconds):
        self.question()
        while self.now < seconds:
            self.now += 0.005
            while self.answers and self.answers[0] <= self.now:
                self.answers.pop(0)
                if self.pace.answered(self.now):
                    self.question()
            if self.due <= self.now:
                self.draw()
            self.ask()


@pytest.mark.parametrize("dropped", range(6))
def test_an_answer_that_is_lost_holds_frames_back_for_about_a_second(dropped):
    line = Line(10**6, 0.001, {dropped})
    line.run(10)
    assert line.questions > 20
    assert max(later - sooner for sooner, later in pairwise([0.0, *line.frames])) < 1.2


@pytest.mark.parametrize("dropped", [{0, 5}, {1, 6}, {2, 7}])
def test_after_one_lost_answer_another_is_not_waited_for_much_longer(dropped):
    line = Line(10**6, 0.001, dropped)
    line.run(10)
    assert max(later - sooner for sooner, later in pairwise([0.0, *line.frames])) < 1.2


@pytest.mark.parametrize("away", [0.001, 0.3, 0.8])
@pytest.mark.parametrize("rate", [600, 1200, 2400, 10_000])
@pytest.mark.parametrize("dropped", [set(), {1}, {2, 8}])
def test_a_slow_line_gets_no_queue(rate, away, dropped):
    line = Line(rate, away, dropped)
    line.run(60)
    assert max(queue for _, queue in line.queues) < 9000 / rate, "the first screen, and some more"
    assert max(queue for at, queue in line.queues if at > 20) < 1
    assert line.frames[-1] > 50


def test_a_question_waits_for_the_answer_to_the_one_before():
    pace = Pace(0.0)
    assert pace.put(100, 0.0)
    assert not pace.put(200, 0.01)
    assert not pace.put(300, 0.02)
    assert pace.answered(0.1)
    assert pace.put(300, 0.1)
    assert not pace.answered(0.2)


@pytest.mark.parametrize("away", [0.001, 0.6])
def test_a_portion_is_what_the_line_carries_soon_however_far_the_terminal_is(away):
    pace = Pace(0.0)
    assert pace.portion(0.1) == FIRST
    pace.put(0, 0.1)
    pace.answered(0.1 + away)
    draw(pace, 1000, 2.0)
    pace.answered(2.0 + away + 1000 / 4000)
    assert pace.portion(3) == pytest.approx(800)


def test_a_hiccup_does_not_make_a_line_slow():
    pace = Pace(0.0)
    for turn, took in enumerate((0.001, 0.002, 3.0)):
        draw(pace, turn * 1000, turn * 5.0)
        pace.answered(turn * 5.0 + took)
    assert pace.portion(20.0) > 10_000


def test_a_mute_terminal_is_not_waited_for():
    pace = Pace(0.0)
    draw(pace, 100, 0.1)
    assert (pace.portion(0.5), pace.free(0.5)) == (FIRST, False)
    assert (pace.portion(1.0), pace.free(1.0)) == (math.inf, True)


@given(st.lists(st.sampled_from(["drawn", "put", "answered", "hurry", "asked"]), max_size=40))
def test_a_wait_is_never_negative(steps):
    pace, now = Pace(0.0), 0.0
    for step in steps:
        now += 0.1
        written = int(1000 * now)
        arguments = {"drawn": (written, now, SMALL), "put": (written, now)}
        getattr(pace, step)(*arguments.get(step, () if step in ("hurry", "asked") else (now,)))
        wait = pace.wait(now)
        assert wait is None or 0 <= wait <= max(PATIENCE, 10**5)
