"""Makes the README's moving picture from a real run: ``python docs/picture.py``.

A real worker trains, and the real app watches it and is given real keys, without a terminal. It
takes about half a minute, and writes ``docs/screen.svg``. Run it again when the screen has come to
look different, open the file in a browser, and look at each scene before you commit it. With
``--frames FOLDER`` each frame is written there as well, as a picture of its own.
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from animation import Frame, animate
from textual.pilot import Pilot

from engine.protocol.events import Status
from engine.runs.description import Description
from engine.runs.run import Run
from engine.service.client import Connection, Worker
from tui.app import Monitor

RUN = Description(
    name="spiral", seed=0, hidden=(64, 64), batch_size=32, epochs=3001, speed=500, paused=True
)
SIZE = COLUMNS, ROWS = 112, 34
PICTURE = Path(__file__).with_name("screen.svg")
LARGEST = 500_000  # bytes
PATIENCE = 60.0  # seconds
# A terminal of all colours, whichever this is started in.
LOOKS = {"TEXTUAL_THEME": "nntui-dark", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
CONDITION = "accuracy > 0.9 once"


class Camera:
    """Presses keys in an app, and takes pictures of it."""

    def __init__(self, pilot: Pilot[int], app: Monitor) -> None:
        self.pilot, self.app = pilot, app
        self.frames: list[Frame] = []

    async def press(self, *keys: str) -> None:
        """Press keys, and give what they ask for time to come."""
        await self.pilot.press(*keys)
        await self.pilot.pause(0.4)

    async def take(self, caption: str, seconds: float = 1.0) -> None:
        """Take a picture of what is there."""
        await self.pilot.pause()
        picture = self.app.export_screenshot(title="nntui")
        self.frames.append(Frame(picture, seconds, caption))

    async def watch(self, caption: str, *epochs: int, seconds: float = 0.7) -> None:
        """Take a picture at each of these epochs, as long as the training goes on."""
        for epoch in epochs:
            await self.until(lambda e=epoch: self.epoch >= e or self.app.status != "running")
            if self.app.status == "running":
                await self.take(caption, seconds)

    @property
    def epoch(self) -> int:
        """The last epoch that is shown."""
        return self.app.frame.epoch if self.app.frame else -1

    async def until_status(self, status: Status) -> None:
        """Wait until the run is so, and the screen shows it."""
        await self.until(lambda: self.app.frame is not None and self.app.frame.status == status)
        await self.pilot.pause(0.4)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await self.pilot.pause(0.02)


async def walk(camera: Camera) -> None:
    """Take the pictures, scene by scene."""
    await camera.until_status("paused")
    await camera.take("$ nntui --hidden 64,64 --batch-size 32 --epochs 3001", 2.5)
    await camera.press("space")
    await camera.watch("space  starts: the loss hardly falls", 60, 160, 260, 360)
    for _ in range(2):
        await camera.press("+")
        await camera.take("+  raises the learning rate", 1.2)
    await camera.watch("... and the loss falls", 550, 650, 750, 850, 950)
    await camera.press("space", "b", *CONDITION)
    await camera.take("b  sets a breakpoint", 2)
    await camera.press("enter", "escape", "c")
    await camera.watch("c  goes on to it", 1050, 1150, 1250, 1400)
    await camera.until_status("paused")
    await camera.take("it stops where the condition holds", 2)
    await camera.press("4")
    await camera.take("4  looks inside an epoch: operations, formulas, arrays", 2)
    for _ in range(4):
        await camera.press("s")
        await camera.take("s  does one operation", 1)
    await camera.press("1", "g", "minus", *"400", "enter")
    await camera.until_status("paused")
    await camera.take("g  goes back 400 epochs, to the same bits", 2)
    await camera.press("minus", "minus", "c")
    await camera.watch("-  tries another rate from here", 950, 1150, 1400, 1800, 2300, 2800)
    await camera.until_status("completed")
    await camera.take("the run, and what came of the other learning rate", 3)


async def film(scenes: Callable[[Camera], Awaitable[None]]) -> list[Frame]:
    """Train, press keys, and return the frames."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(LOOKS, XDG_STATE_HOME=home, XDG_CONFIG_HOME=home)
        os.environ.pop("NO_COLOR", None)
        worker = Worker(Run.create(RUN))
        try:
            app = Monitor(Connection.open(worker), worker.run.log)
            async with app.run_test(size=SIZE) as pilot:
                camera = Camera(pilot, app)
                await scenes(camera)
                return camera.frames
        finally:
            worker.end()


def main() -> None:
    """Make the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=Path)
    folder = parser.parse_args().frames
    frames = asyncio.run(film(walk))
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        for k, frame in enumerate(frames):
            alone = animate([frame], 0, COLUMNS, ROWS)
            (folder / f"{k:02}.svg").write_text(alone, encoding="utf-8")
    picture = animate(frames, len(frames) - 1, COLUMNS, ROWS)
    size = len(picture.encode())
    if size > LARGEST:
        raise SystemExit(f"the picture has {size:,} bytes; {LARGEST:,} is the most: fewer frames")
    PICTURE.write_text(picture, encoding="utf-8")
    print(f"{PICTURE}: {len(frames)} frames, {size:,} bytes")


if __name__ == "__main__":
    main()
