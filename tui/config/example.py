"""A config file that sets nothing yet, and shows what can be set."""

from __future__ import annotations

import json

from textual.keys import format_key

from tui import themes
from tui.config.settings import STYLES
from tui.key import Key
from tui.keymap import Keymap

HEAD = f"""\
# Settings of nntui's screen. Take the # away in front of what you change; each line shows what
# counts without it. What is given on the command line counts more.

# The colours: {themes.DARK.name}, {themes.LIGHT.name}, or a theme that the palette (ctrl+p) lists.
# theme = "{themes.DARK.name}"

# Epochs a second to begin with, or "max", which data of your own begin with anyway.
# speed = 500

# What a chart shows to begin with: {", ".join(f'"{style}"' for style in STYLES)}.
# charts = "{STYLES[0]}"

# Whether a line says what helps now.
# hints = true

# A key, as "x", "ctrl+x", "f5" or "pageup", or several, as ["x", "f5"].
[keys]
"""


def example() -> str:
    """Return the text of such a file."""
    lines = [(f"# {key.id} = {_written(key)}", key.text) for key in Keymap()]
    width = max(len(line) for line, _ in lines)
    return HEAD + "".join(f"{line:<{width}}  # {text}\n" for line, text in lines)


def _written(key: Key) -> str:
    """Write a key, or several, as in TOML."""
    names = [_name(name) for name in key.keys.split(",")]
    return json.dumps(names if len(names) > 1 else names[0])


def _name(key: str) -> str:
    """Return a mark as it is, and else a key's name."""
    text = format_key(key)
    return text if len(text) == 1 and text.isascii() else key
