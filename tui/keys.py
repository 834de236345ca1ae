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
        One or two words, for the footer; empty if it is not shown there.
    text : str
        What it does, for help and palette.
    """

    keys: str
    action: str
    shown: str
    label: str
    text: str


KEYS = (
    Key("space", "pause_or_resume", "space", "pause", "Pause, resume"),
    Key("n", "step_epoch", "n", "epoch", "One epoch on"),
    Key("c", "resume", "c", "", "Continue"),
    Key("g", "go_to", "g", "go to", "Go on to an epoch: a number, or +50"),
    Key("plus,equals_sign", "rate(1)", "+", "", "Learning rate up"),
    Key("minus", "rate(-1)", "-", "", "Learning rate down"),
    Key("l", "type_rate", "l", "rate", "Type a learning rate"),
    Key("left_square_bracket", "speed(-1)", "[", "slower", "Slower, to 1 epoch a second"),
    Key("right_square_bracket", "speed(1)", "]", "faster", "Faster, to full speed"),
    Key("r", "restart(False)", "r", "restart", "Restart from the same weights"),
    Key("R", "restart(True)", "R", "", "Restart from new weights"),
    Key("t", "train_further", "t", "", "Train further, when complete"),
    Key("w", "order('wrong')", "w", "wrong", "Samples: only the wrong ones, or all"),
    Key("u", "order('uncertain')", "u", "", "Samples: the least certain first, or all"),
    Key("up", "scroll(-1)", "↑", "", "Samples: one row up"),
    Key("down", "scroll(1)", "↓", "", "Samples: one row down"),
    Key("pageup", "page(-1)", "page up", "", "Samples: a page up"),
    Key("pagedown", "page(1)", "page down", "", "Samples: a page down"),
    Key("home", "scroll(-1000000000)", "home", "", "Samples: the first row"),
    Key("end", "scroll(1000000000)", "end", "", "Samples: the last row"),
    Key("y", "log_axis", "y", "log", "Logarithmic loss axis"),
    Key("question_mark", "help", "?", "help", "This help"),
    Key("q", "quit", "q", "quit", "Quit"),
)


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
        )
        for key in KEYS
    ]
