"""``python docs/picture.py`` makes ``docs/screen.svg``, the README's picture, from a real run.

A real worker trains, and the real app watches it without a terminal.
"""

import asyncio
import os
import tempfile
from pathlib import Path

from engine.service.client import Connection, Worker
from engine.service.description import Description
from tui.app import Monitor

RUN = Description(seed=0, learning_rate=0.5, batch_size=32, epochs=6001, paused=True)
SIZE = (110, 32)
STEPS = (("g", *"2800", "enter"), ("-",), ("g", *"4700", "enter"), ("u",))


async def main() -> None:
    """Train, press keys, and take the picture."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(XDG_STATE_HOME=home, TEXTUAL_THEME="nntui-dark")
        worker = Worker(RUN)
        try:
            picture = await _take(Monitor(Connection.open(worker), worker.run.log))
        finally:
            worker.end()
    Path(__file__).with_name("screen.svg").write_text(picture)


async def _take(app: Monitor) -> str:
    async with app.run_test(size=SIZE) as pilot:
        while app.frame is None:
            await pilot.pause(0.05)
        for keys in STEPS:
            await pilot.press(*keys)
            await pilot.pause(0.2)
            while app.status != "paused":
                await pilot.pause(0.05)
        await pilot.pause(0.3)
        return app.export_screenshot(title="nntui")


if __name__ == "__main__":
    asyncio.run(main())
