"""The colours of a heatmap: one hue above zero, another below, the stronger the more.

All are of the cube of 256 colours, and those for a terminal of 16 are of the 16, so that none is
rounded to a neighbour: blends of a theme's colours become grey, or the colour of the other sign.
"""

from __future__ import annotations

from textual.color import Color

from engine.protocol.views.inside import LEVELS, NOT_A_NUMBER

# From the least to the most. Zero is between both, close to the background.
Scale = tuple[str, tuple[str, ...], tuple[str, ...]]
DARK: Scale = (
    "#262626",
    ("#00005f", "#000087", "#0000d7", "#005fd7", "#0087d7", "#00afff", "#5fd7ff", "#afffff"),
    ("#5f0000", "#870000", "#af0000", "#d75f00", "#d78700", "#ffaf00", "#ffd75f", "#ffffaf"),
)
LIGHT: Scale = (
    "#e4e4e4",
    ("#afd7ff", "#87d7ff", "#5fafff", "#0087ff", "#005fd7", "#0000d7", "#0000af", "#00005f"),
    ("#ffd7af", "#ffd787", "#ffaf5f", "#ff8700", "#d75f00", "#af5f00", "#870000", "#5f0000"),
)
WRONG = "#ff00ff"  # what is no number

# Of the sixteen: what is above zero, below it, and no number.
SIXTEEN_DARK = ("#5555ff", "#ff5555", "#ff55ff")
SIXTEEN_LIGHT = ("#0000aa", "#aa0000", "#aa00aa")
POSITIVE, NEGATIVE = "░░▒▒▓▓██", "--==≡≡##"


def colour_of(level: int, dark: bool) -> Color:
    """Return the colour of a level, as it stands in a terminal of at least 256 colours."""
    zero, positive, negative = DARK if dark else LIGHT
    if level == NOT_A_NUMBER:
        return Color.parse(WRONG)
    if level == 0:
        return Color.parse(zero)
    strength = min(abs(level), LEVELS) - 1
    return Color.parse((positive if level > 0 else negative)[strength])


def sign_of(level: int, dark: bool) -> tuple[str, Color | None]:
    """Return the character of a level and its colour, as they stand in one of 16 or of none."""
    positive, negative, wrong = SIXTEEN_DARK if dark else SIXTEEN_LIGHT
    if level == NOT_A_NUMBER:
        return "?", Color.parse(wrong)
    if level == 0:
        return "·", None
    strength = min(abs(level), LEVELS) - 1
    if level > 0:
        return POSITIVE[strength], Color.parse(positive)
    return NEGATIVE[strength], Color.parse(negative)
