"""The line above the footer: what has happened, or the one thing that helps now."""

import pytest

from engine.protocol.actions import ACTIONS
from tui.hints import hint
from tui.keymap import Keymap


async def settle(pilot):
    for _ in range(5):
        await pilot.pause()


def test_every_action_that_a_message_suggests_has_a_key():
    keymap = Keymap({"undo": "f5"})
    for action in ACTIONS:
        assert keymap.with_keys(f"{{{action}}} helps") == f"{keymap.shown(action)} helps"
    assert keymap.with_keys("{undo} takes it back") == "f5 takes it back"
    assert keymap.with_keys("a {brace} of one's own {0}") == "a {brace} of one's own {0}"


async def test_it_says_what_helps_before_the_start_and_at_the_end(monitor, screen_text):
    app = monitor(at=None, epochs=20)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "space starts" in screen_text(app)
        await pilot.press("c")
        await settle(pilot)
        assert "r runs the same weights again" in screen_text(app)


@pytest.mark.parametrize(("losses", "says"), [("flat", "+ raises"), ("falling", "")])
def test_a_plateau_is_told_from_a_loss_that_falls(frame, losses, says):
    from engine.protocol.views.curves import CurveData

    values = [1.0 - (0 if losses == "flat" else 0.005) * k for k in range(100)]
    curve = CurveData(0, 4.0, values, values, values)
    shown = frame(curves={"loss": curve}, epoch=399, reached=399, epochs=1000)
    said = hint(shown, "running", Keymap().shown)
    assert says in said
    assert bool(said) == bool(says)


async def test_what_has_happened_is_said_before_any_hint(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("s")
        await settle(pilot)
        assert "next: relu_1.forward" in screen_text(app)
