"""What an app has asked its session for, and time for the answers."""

from engine.protocol import commands
from engine.protocol.views.curves import CurveData


def curve(lower, upper=None):
    """Make a curve of points that are one epoch apart."""
    upper = upper or lower
    mean = [
        None if low is None else low / 2 + high / 2 for low, high in zip(lower, upper, strict=True)
    ]
    return CurveData(0, 1.0, lower, mean, upper)


def asked(app, kind):
    return [command for command in app.connection.sent if isinstance(command, kind)]


def queries(app):
    """Return what is asked for now, by its kind."""
    return {type(query): query for query in asked(app, commands.Subscribe)[-1].queries}


async def settle(pilot):
    """Let the session's answers arrive and be drawn."""
    for _ in range(4):
        await pilot.pause()
