"""Stepping, breaking, branching and telling again, in a real terminal with a real worker."""

import pytest

from tests.command import nntui


def figures(terminal):
    found = terminal.until(r"epoch (\d+)\s+loss (\d\.\d+)\s+acc (\d\.\d+)")
    return int(found[1]), found[2], found[3]


def paused_at(start, epoch, *arguments):
    t = start("--seed", "3", "--learning-rate", "1", "--paused", *arguments)
    t.until("paused")
    t.press("g", *str(epoch), "enter")
    t.until(f"epoch {epoch}\\b")
    t.until("paused")
    return t


@pytest.mark.parametrize("size", [(40, 12), (80, 24)])
def test_five_epochs_back_and_five_on_show_the_same_loss(start, size):
    t = start("--seed", "3", "--paused", "--epochs", "5000", "--learning-rate", "1", size=size)
    t.until("paused")
    t.press("g", *"1234", "enter")
    t.until("epoch 1234")
    before = figures(t)
    for epoch in range(1233, 1228, -1):
        t.press("N")
        t.until(f"epoch {epoch}\\b")
    assert figures(t)[1:] != before[1:]
    for epoch in range(1230, 1235):
        t.press("n")
        t.until(f"epoch {epoch}\\b")
    assert figures(t) == before


@pytest.mark.parametrize(
    ("typed", "shows"),
    [("g123\r", "epoch 123"), ("l\x7f\x7f\x7f-3\r", "above 0"), ("bepoch == 7\r", "1  epoch == 7")],
)
def test_what_is_typed_fast_is_all_taken(start, typed, shows):
    t = start("--seed", "3", "--paused")
    t.until("paused")
    t.pump(0.3)
    t.child.send(typed)
    t.until(shows)


def test_an_operation_on_and_back(start):
    t = paused_at(start, 5)
    t.press("s", "s")
    t.until("next: dense_2.forward")
    t.press("S")
    t.until("next: relu_1.forward")
    t.press("S", "S")
    t.until("next: optimizer.update")
    t.press("g", *"-3", "enter")
    t.until(r"epoch 2\b")


def test_a_breakpoint_stops_and_is_gone_back_to(start):
    t = start("--seed", "3", "--learning-rate", "1", "--epochs", "3000", "--break", "epoch == 2000")
    t.until("breakpoint 1: epoch == 2000")
    assert figures(t)[0] == 2000
    t.press("b", *"los > 1", "enter")
    t.until("column 1: there is no 'los'")
    t.press(*["\x7f"] * 7, *"epoch == 700", "enter")
    t.until("2  epoch == 700")
    t.press("escape", patience=0.3)  # at once, a letter after it would be alt and that letter
    t.press("C")
    t.until(r"epoch 700\b")
    t.until("breakpoint 2")
    t.press("c")
    t.until(r"epoch 2000\b")


def test_what_if_leaves_a_ghost_and_the_run_is_told_again(start, tmp_path):
    t = paused_at(start, 400, "--name", "again")
    t.press("g", *"100", "enter")
    t.until(r"epoch 100\b")
    t.press("e", *"7", "enter")
    t.until(r"dense_1.weights\[0, 0\] \S+ → 7")
    t.press("z")
    t.until(r"weights\[0, 0\]", gone=True)
    t.press("-")
    t.until(r"lr 0\.5")
    t.press("g", *"300", "enter")
    t.until(r"epoch 300\b")
    t.until("lr 1 ")
    t.press("o")
    t.until("left main at 101")
    t.press("up", "enter")
    t.until(r"epoch 400\b")
    t.until(r"lr 1\b")
    t.press("q")
    assert t.wait() == 0
    told = nntui("replay", "again", home=tmp_path)
    assert told.stdout.splitlines()[-1] == "identical", told
    assert told.stdout.splitlines()[0] == "main: 401 epochs and the state"
    assert told.returncode == 0
