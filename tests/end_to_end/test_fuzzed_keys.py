"""Random keys, clicks, pastes and sizes: none ends the screen, the run or the terminal's modes."""

import random
import re
import termios
import time

import pytest

from tests.end_to_end.conftest import end_workers, none_left, workers
from tests.thin import thinned
from tui.keys import KEYS as TABLE

NAMED = {
    "space": " ",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "question_mark": "?",
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "escape": "\x1b",
    "ctrl+l": "\x0c",
}
# All but q, which is pressed at the end: it quits at once where nothing is running.
OWN = [NAMED.get(key, key) for entry in TABLE for key in entry.keys.split(",") if key != "q"]
TYPED = ["\r", "\x7f", "\x1b[3~", "\x1b\x1b", *"0123456789.=+-*/<>()[]', "]
TEXTS = [
    *("loss < 0.5", "accuracy > 0.9 once", "epoch == 40", "dense_1.weights[0, 0] = 0.5", "-50"),
    *(
        "learning_rate = 1e-3",
        "data.X[1, 1] = nan",
        "9" * 40,
        "漢字 ½ e\u0301 \U0001f600",
        "[/bold]",
    ),
]
# Not ctrl+q, which quits as q does, nor ctrl+z, which suspends.
CONTROL = [chr(k) for k in range(1, 27) if chr(k) not in "\x11\x1a"]
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
SIZES = [(40, 12), (80, 24), (120, 35), (200, 50), (30, 8), (57, 17)]
MODES = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")


def one(chance, terminal):
    """Return one thing that a person, a hand on the mouse or a terminal may send."""
    columns, rows = terminal.screen.columns, terminal.screen.lines
    x, y = chance.randint(1, columns), chance.randint(1, rows)
    kind = chance.random()
    if kind < 0.55:
        return chance.choice(OWN)
    if kind < 0.68:
        return chance.choice(TYPED)
    if kind < 0.74:
        return chance.choice(TEXTS) + chance.choice(["\r", ""])
    if kind < 0.78:
        return f"\x1b[200~{chance.choice(TEXTS)}\x1b[201~"
    if kind < 0.82:
        return "\x1b" + chance.choice(LETTERS)
    if kind < 0.86:
        return chance.choice(CONTROL)
    if kind < 0.92:
        button = chance.choice([0, 0, 0, 2, 64, 65, 35])
        return f"\x1b[<{button};{x};{y}M\x1b[<{button};{x};{y}m"
    if kind < 0.96:
        return chance.choice(["漢", "é", "\U0001f600", "\u200d", "\x1b[I", "\x1b[O", "\x1b[99;5u"])
    return None  # another size


def modes(output):
    """Return the private modes that are on, as a terminal keeps them."""
    on = set()
    for numbers, action in MODES.findall(output):
        for number in numbers.split(b";"):
            (on.add if action == b"h" else on.discard)(number)
    return on


def quit_at_last(terminal):
    """Quit from wherever it is, and return the exit status."""
    end = time.monotonic() + 20
    while terminal.child.isalive() and time.monotonic() < end:
        terminal.press("\x1b", patience=0.3)
        terminal.press("q", patience=0.3)
        terminal.press("y", patience=0.3)
    return terminal.wait()


def fuzz(start, home, seed, keys):
    chance = random.Random(seed)
    options = ["--paused"] if seed % 2 else []
    options += ["--epochs", chance.choice(["60", "100000000"])]
    options += chance.choice([[], ["--classes", "2"], ["--batch-size", "64"], ["--hidden", "8,8"]])

    t = start("--seed", str(seed), *options, size=chance.choice(SIZES[:4]))
    before = termios.tcgetattr(t.child.child_fd)
    t.until("running|paused|completed|too small")
    for _ in range(keys):
        typed = one(chance, t)
        if typed is None:
            t.resize(*chance.choice(SIZES))
        else:
            t.child.send(typed)
        if chance.random() < 0.3:
            t.pump(chance.choice([0.001, 0.01, 0.05]))
        if not t.child.isalive():  # it may have been asked to quit
            break
    t.pump(0.1)
    t.resize(80, 24)
    status = quit_at_last(t)
    logs = "".join(log.read_text() for log in home.glob("nntui/runs/*/log"))
    assert "Traceback" not in logs + t.output.decode(), logs
    assert "the screen failed" not in t.output.decode()
    assert status == 0, t.output[-500:]
    assert modes(t.output) <= {b"25", b"7"}, "other than a visible cursor and lines that wrap"
    assert termios.tcgetattr(t.child.child_fd) == before
    if b"nntui attach" in t.output:  # it was left running
        assert end_workers(home), workers(home)
    assert none_left(home, 3), workers(home)


@pytest.mark.parametrize("seed", thinned(range(4), 2))
def test_random_keys_end_nothing(start, tmp_path, seed):
    fuzz(start, tmp_path, seed, 120)


@pytest.mark.endurance
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_many_random_keys_end_nothing(start, tmp_path, seed):
    fuzz(start, tmp_path, seed, 600)
