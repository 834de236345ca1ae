"""Frames go on, whatever is opened and closed above them."""

import time


def epoch(terminal):
    return int(terminal.until(r"epoch ([\d,]+)")[1].replace(",", ""))


def test_dialogs_opened_and_closed_at_any_moment_do_not_stop_the_frames(start):
    """What follows a frame's drawing may wait in a dialog that is just then closed."""
    terminal = start("--seed", "0", "--epochs", "100000000")
    terminal.until("running")
    for number in range(30):
        terminal.press("gleb?"[number % 5], patience=0.03 + 0.004 * (number % 11))
        terminal.press("\x1b", patience=0.03)
    terminal.until("space pause")
    before, end = epoch(terminal), time.monotonic() + 10
    while epoch(terminal) <= before:
        assert time.monotonic() < end, f"the epoch stays the same:\n{terminal.text()}"
        terminal.pump(0.1)
    terminal.pump(0.5)  # or the last escape and the q were taken as one key, alt+q
    terminal.press("q")
    terminal.until("stop training")
    terminal.press("y")
    assert terminal.wait() == 0
