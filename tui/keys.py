"""All keys: they make the bindings, the footer, the help, the palette and the README's list.

Those of a view are in its own table.
"""

from __future__ import annotations

from textual.binding import Binding

from tui.key import Key
from tui.views.curves.view import CurvesView
from tui.views.inside.view import InsideView
from tui.views.layers.view import LayersView
from tui.views.samples.view import SamplesView
from tui.views.view import View

VIEWS: tuple[type[View], ...] = (CurvesView, SamplesView, InsideView, LayersView)

# By what they are about; those that the footer shows first are the ones needed first.
STEPPING = (
    Key("space", "pause", "space", "pause", "Pause"),
    Key("space", "start", "space", "resume", "Resume, or start"),
    Key("n", "step('epoch')", "n", "epoch", "One epoch on"),
    Key("N", "step('epoch', True)", "N", "epoch", "One epoch back"),
    Key("s", "step('operation')", "s", "operation", "One operation on"),
    Key("S", "step('operation', True)", "S", "operation", "One operation back"),
    Key("m", "step('batch')", "m", "", "One batch on"),
    Key("M", "step('batch', True)", "M", "", "One batch back"),
    Key("g", "go_to", "g", "go to", "Go to an epoch, or +50, -50"),
    Key("b", "breakpoints", "b", "break", "Breakpoints"),
    Key("c", "resume", "c", "", "Continue, to a breakpoint"),
    Key("C", "run_back", "C", "", "Back to where one held"),
    Key("e", "edit", "e", "edit", "Edit: weight, row or rate"),
    Key("z", "undo", "z", "", "Take an edit back"),
    Key("f", "fork", "f", "", "Keep this future as a ghost"),
    Key("o", "branches", "o", "", "Go over to another branch"),
    Key("question_mark", "help", "?", "help", "This help"),
    Key("q", "quit", "q", "quit", "Quit"),
)
TRAINING = (
    Key("plus,equals_sign", "rate(1)", "+", "rate", "Learning rate up"),
    Key("minus", "rate(-1)", "-", "rate", "Learning rate down"),
    Key("l", "type_rate", "l", "rate", "Type a learning rate"),
    Key("left_square_bracket", "speed(-1)", "[", "speed", "Slower, to 1 epoch/s"),
    Key("right_square_bracket", "speed(1)", "]", "speed", "Faster, to full speed"),
    Key("r", "restart(False)", "r", "restart", "Restart, same weights"),
    Key("R", "restart(True)", "R", "restart", "Restart, new weights"),
    Key("t", "train_further", "t", "", "Train further, when complete"),
)
SHOWING = (
    Key("1", "show('')", "1", "", "View: curves and samples"),
    Key("2", "show('-curves')", "2", "", "View: curves only"),
    Key("3", "show('-samples')", "3", "", "View: samples only"),
    Key("4", "show('-inside')", "4", "", "View: inside an operation"),
    Key("5", "show('-layers')", "5", "", "View: all layers"),
    Key("ctrl+l", "redraw", "ctrl+l", "", "Draw the screen anew"),
)
KEYS = STEPPING + TRAINING + SHOWING
ACTIONS = {key.action.partition("(")[0] for key in KEYS} | {"in_view"}
GROUPS = {
    label: Binding.Group(label, compact=True)
    for label in ("epoch", "operation", "rate", "speed", "restart", "look")
}


def bindings() -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """Return Textual's bindings for all tables."""
    return [
        *(_binding(key, key.action, key.action) for key in KEYS),
        *(
            _binding(key, action_in(view, key), f"{view.NAME}.{key.action}")
            for view in VIEWS
            for key in view.KEYS
        ),
    ]


def action_in(view: type[View], key: Key) -> str:
    """Return the app's action for a key of a view."""
    name, _, arguments = key.action.rstrip(")").partition("(")
    return f"in_view({view.NAME!r}, {name!r}, ({arguments + ',' if arguments else ''}))"


def _binding(key: Key, action: str, identity: str) -> Binding:
    return Binding(
        key.keys,
        action,
        key.label or key.text,
        show=bool(key.label),
        key_display=key.shown,
        id=identity,
        tooltip=key.text,
        group=GROUPS.get(key.label),
        priority=True,  # one key after the other: what is typed into a question waits for it
    )
