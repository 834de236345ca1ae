"""The one table of keys: it makes the bindings, the footer, the help, the palette and the README's
list.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Key:
    """A key and what it does.

    Attributes
    ----------
    keys : str
        As Textual writes them, separated by commas.
    action : str
    shown : str
        The key as a person reads it.
    label : str
        One word for the footer; empty if it is not shown there. Neighbours of the same label
        share it.
    text : str
        What it does, for help and palette.
    """

    keys: str
    action: str
    shown: str
    label: str
    text: str


# By what they are about; those that the footer shows first are the ones needed first.
STEPPING = (
    Key("space", "pause_or_resume", "space", "pause", "Pause, resume"),
    Key("n", "step('epoch')", "n", "epoch", "One epoch on"),
    Key("N", "step('epoch', True)", "N", "epoch", "One epoch back"),
    Key("s", "step('operation')", "s", "operation", "One operation on"),
    Key("S", "step('operation', True)", "S", "operation", "One operation back"),
    Key("m", "step('batch')", "m", "", "One batch on"),
    Key("M", "step('batch', True)", "M", "", "One batch back"),
    Key("g", "go_to", "g", "go to", "Go to an epoch, or +50, -50"),
    Key("less_than_sign", "scrub(-1)", "<", "", "Along the chart, back"),
    Key("greater_than_sign", "scrub(1)", ">", "", "Along the chart, on"),
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
    Key("y", "log_axis", "y", "log", "Logarithmic loss axis"),
    Key("w", "order('wrong')", "w", "wrong", "Samples: wrong ones, or all"),
    Key("u", "order('uncertain')", "u", "unsure", "Samples: least certain first"),
    Key("1", "view('')", "1", "", "View: curves and samples"),
    Key("2", "view('-curves')", "2", "", "View: curves only"),
    Key("3", "view('-samples')", "3", "", "View: samples only"),
    Key("4", "view('-inside')", "4", "", "View: inside an operation"),
    Key("up", "scroll(-1)", "↑", "", "Samples, numbers: a row up"),
    Key("down", "scroll(1)", "↓", "", "Samples, numbers: a row down"),
    Key("pageup", "page(-1)", "pgup", "", "Samples, numbers: a page up"),
    Key("pagedown", "page(1)", "pgdn", "", "Samples, numbers: a page down"),
    Key("home", "jump(-1)", "home", "", "Samples, numbers: the first"),
    Key("end", "jump(1)", "end", "", "Samples, numbers: the last"),
    Key("left", "sideways(-1)", "←", "", "Classes, numbers: left"),
    Key("right", "sideways(1)", "→", "", "Classes, numbers: right"),
    Key("ctrl+l", "redraw", "ctrl+l", "", "Draw the screen anew"),
)
LOOKING = (
    Key("tab", "array(1)", "tab", "", "Inside: the next array"),
    Key("shift+tab", "array(-1)", "⇧tab", "", "Inside: the array before"),
    Key("j", "operation(1)", "j", "look", "Inside: the operation below"),
    Key("k", "operation(-1)", "k", "look", "Inside: the operation above"),
    Key("escape", "follow", "esc", "follow", "Inside: follow the training"),
    Key("h", "face", "h", "turn", "Inside: numbers, heat, figures"),
    Key("v", "source", "v", "source", "Inside: source and kernel"),
)
# Actions of the view inside an operation alone.
INSIDE = {key.action.partition("(")[0] for key in LOOKING}
KEYS = STEPPING + TRAINING + SHOWING + LOOKING
ACTIONS = {key.action.partition("(")[0] for key in KEYS}
GROUPS = {
    label: Binding.Group(label, compact=True)
    for label in ("epoch", "operation", "rate", "speed", "restart", "look")
}


def bindings() -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """Return Textual's bindings for the table."""
    return [
        Binding(
            key.keys,
            key.action,
            key.label or key.text,
            show=bool(key.label),
            key_display=key.shown,
            id=key.action,
            tooltip=key.text,
            group=GROUPS.get(key.label),
            priority=True,  # one key after the other: what is typed into a question waits for it
        )
        for key in KEYS
    ]
