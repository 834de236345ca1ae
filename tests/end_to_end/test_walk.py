"""The README's walk of a minute, key by key."""

import re
import shlex
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
WALK = README.split("## Try this in a minute\n")[1].split("\n## ")[0]
NAMED = {"space": " ", "enter": "\r", "esc": "\x1b", "ctrl+p": "\x10"}


class Walker:
    """Presses what the walk names, and takes down what it has pressed."""

    def __init__(self, terminal):
        self.terminal, self.pressed = terminal, set()

    def press(self, *named, until):
        for keys in named:
            self.pressed.add(keys)
            self.terminal.press(*([NAMED[keys]] if keys in NAMED else keys))
        return self.terminal.until(until)


def test_each_key_of_the_walk_does_what_it_says(start):
    (command,) = re.findall(r"^nntui (.*)$", WALK, re.MULTILINE)
    t = start(*shlex.split(command), size=(100, 30), full_speed=False)
    walk = Walker(t)
    t.until("the loss hardly falls: .* raises the learning rate", patience=60)
    walk.press("+", until=r"lr 0\.2\b")
    walk.press("+", until=r"lr 0\.5\b")
    t.until(r"loss 0\.\d{4}", patience=60)
    walk.press("space", until="paused")
    walk.press("b", until="stop where")
    walk.press("accuracy > 0.9", "enter", until="● +1 +accuracy > 0.9")
    t.press(NAMED["esc"])
    walk.pressed.add("esc")
    t.until("stop where", gone=True)
    walk.press("c", until="running")
    t.until(r"breakpoint 1: accuracy > 0\.9", patience=60)
    epoch = int(t.until(r"epoch (\d+)")[1])
    walk.press("4", until="program")
    walk.press("s", until=r"next: relu_1\.forward")
    walk.press("S", until=r"next: relu_1\.forward|paused")
    t.until(r"next: relu_1\.forward", gone=True)
    walk.press("5", until="dense_3")
    walk.press("1", until="samples")
    walk.press("g", until="Go to epoch")
    walk.press("-400", "enter", until=rf"paused +epoch {epoch - 400}\b")
    walk.press("-", until=r"lr 0\.2\b")
    walk.press("c", until=rf"epoch (?!{epoch - 400}\b)\d+")
    t.until(r"lr 0\.5\b")
    walk.press("?", until="─ keys ─")
    t.press(NAMED["esc"])
    t.until("─ keys ─", gone=True)
    walk.press("ctrl+p", until="Search")
    t.press(NAMED["esc"])
    t.until("Search", gone=True)
    t.press("q")
    # The breakpoint may have stopped it in the meantime; while it trains, q asks first.
    while t.child.isalive() and "stop training" not in t.text():
        t.pump(0.1)
    if t.child.isalive():
        t.press("y")
    assert t.wait() == 0
    walk.pressed.add("q")
    assert walk.pressed == set(re.findall(r"`([^`]+)`", WALK.split("```")[2]))
