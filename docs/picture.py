"""``python docs/picture.py`` makes the README's pictures of the screen, from a real run.

A real worker trains, and the real app watches it without a terminal.
"""

import asyncio
import os
import tempfile
from pathlib import Path

from engine.service.client import Connection, Worker
from engine.service.description import Description
from tui.app import Monitor

RUN = Description(name="spiral", seed=0, learning_rate=0.5, batch_size=30, epochs=6001, paused=True)
SIZE = (118, 36)
# What is typed before each picture.
PICTURES = {
    "screen.svg": (
        ("g", *"4700", "enter"),
        ("g", *"1800", "enter"),
        ("-",),
        ("g", *"4000", "enter"),
        ("u",),
    ),
    "inside.svg": (("4",), *[("s",)] * 3, ("tab",) * 3, *[("s",)] * 3),
}


async def main() -> None:
    """Train, press keys, and take the pictures."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(XDG_STATE_HOME=home, TEXTUAL_THEME="nntui-dark")
        worker = Worker(RUN)
        try:
            await _take(Monitor(Connection.open(worker), worker.run.log))
        finally:
            worker.end()


async def _take(app: Monitor) -> None:
    async with app.run_test(size=SIZE) as pilot:
        while app.frame is None:
            await pilot.pause(0.05)
        for name, steps in PICTURES.items():
            for keys in steps:
                await pilot.press(*keys)
                await pilot.pause(0.2)
                while app.status != "paused":
                    await pilot.pause(0.05)
            await pilot.pause(0.3)
            picture = app.export_screenshot(title="nntui")
            Path(__file__).with_name(name).write_text(picture)


if __name__ == "__main__":
    asyncio.run(main())
