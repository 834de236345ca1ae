"""The first minute of somebody who types ``nntui``."""

import re
import sys

import pytest


def loss(t):
    return float(t.until(r"loss (\d\.\d{4})")[1])


def test_one_reads_the_hint_changes_the_rate_and_watches_the_loss_fall(start):
    t = start("--speed", "500", "--seed", "0", "--lr", "0.5", "--epochs", "10000000")
    t.until("500 epochs a second · \\] faster")
    t.until(r"of 500/s")
    t.until(r"epoch [1-9]\d\d+ ")
    before = loss(t)
    t.press("+")
    t.until(r"lr 1\b")
    for _ in range(4):
        t.press("]")
    t.until(r"epoch \d{5,} ", patience=30)
    assert loss(t) < before
    t.press(" ")
    t.until("paused")
    assert re.search(r"space resume", t.text())
    t.press("q")
    assert t.wait() == 0


def test_a_toy_begins_at_a_pace_at_which_it_can_be_watched(start):
    t = start("--seed", "0", full_speed=False)
    t.until("of 500/s")
    t.press("q")
    t.until("y")
    t.press("y")
    assert t.wait() == 0


@pytest.mark.parametrize(("columns", "beside"), [(80, 1), (117, 1), (118, 2), (178, 2), (179, 3)])
def test_toys_stand_side_by_side_as_far_as_the_terminal_is_wide(start, columns, beside):
    t = start(size=(columns, 60), command=[sys.executable, "-m", "tui", "data"])
    assert t.wait() == 0
    names = ["spiral", "vertical", "circles", "moons", "gaussians", "xor"]
    lines = [re.findall(rf"   ({'|'.join(names)})(?:   |$)", line) for line in t.text().split("\n")]
    rows = [found for found in lines if found]
    assert rows == [names[k : k + beside] for k in range(0, 6, beside)]
    assert len(t.text().rstrip().split("\n")) == len(rows) * 9 - 1, "a line was wrapped"
