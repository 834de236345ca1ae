"""Puts screenshots of Textual apps one after the other into a single SVG, moved by CSS alone.

What is the same in several frames stands in the file once, and is visible in those frames. Where
animations are switched off, one frame stands still.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape

SVG = "{http://www.w3.org/2000/svg}"
SHOT_WIDTH, SHOT_HEIGHT = 12.2, 24.4  # of a cell in a screenshot, in pixels,
WIDTH, HEIGHT = 12, 24  # and in the animation, so that all places are whole numbers
BASELINE, MARGIN, CAPTION = 18, 16, 52
FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
# Words of ASCII with single blanks between them; or others, without blanks, since these may come
# from another font, whose letters are of another width.
PIECE = re.compile(r"[!-~]+(?: [!-~]+)*|[^\x00-~]+")
SHORT = 3  # characters of a piece whose places are named one by one


@dataclass(frozen=True)
class Frame:
    """A screenshot, for how many seconds it is shown, and what is said below it."""

    screenshot: str
    seconds: float
    caption: str


def animate(frames: Sequence[Frame], still: int, columns: int, rows: int) -> str:
    """Return an SVG that shows the frames in turn, for ever; ``still`` is the one that stands."""
    screens = [Screenshot(frame.screenshot) for frame in frames]
    background, styles = screens[0].background, Names("s")
    shown_in: dict[str, list[int]] = {}  # boxes first, since texts are in front of them
    for k, screen in enumerate(screens):
        for box in screen.boxes(background):
            shown_in.setdefault(box, []).append(k)
    for k, (screen, frame) in enumerate(zip(screens, frames, strict=True)):
        place = f'y="{(rows + 1) * HEIGHT + BASELINE}"'
        caption = f'<text class="caption" {place}>{escape(frame.caption)}</text>'
        for text in (*screen.texts(styles), caption):
            shown_in.setdefault(text, []).append(k)
    timing = Timing([frame.seconds for frame in frames], still)
    together: dict[tuple[bool, str], list[str]] = {}
    for content, numbers in shown_in.items():
        key = content.startswith("<text"), timing.names[tuple(numbers)]
        together.setdefault(key, []).append(content)
    body = "\n".join(f'<g class="{key[1]}">{"".join(of)}</g>' for key, of in together.items())
    declared = "".join(f".{name}{{{style}}}\n" for style, name in styles.items())
    width, height = columns * WIDTH + 2 * MARGIN, rows * HEIGHT + MARGIN + CAPTION
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">\n'
        f"<style>\ntext{{font:20px {FONT};white-space:pre}}\n"
        f".caption{{fill:#e3b341;font-weight:bold}}\n{declared}{timing.rules()}</style>\n"
        f'<rect width="{width}" height="{height}" rx="10" fill="{background}"/>\n'
        f'<g transform="translate({MARGIN},{MARGIN // 2})">\n{body}\n</g>\n</svg>\n'
    )


class Names(dict[object, str]):
    """A short name for each key that is asked for."""

    def __init__(self, letter: str) -> None:
        super().__init__()
        self.letter = letter

    def __missing__(self, key: object) -> str:
        self[key] = f"{self.letter}{len(self)}"
        return self[key]


class Screenshot:
    """What Textual has drawn: its boxes of colour, and its texts."""

    def __init__(self, text: str) -> None:
        tree = ElementTree.fromstring(text)
        style = "".join(e.text or "" for e in tree.iter(f"{SVG}style"))
        self._styles = dict(re.findall(r"\.([\w-]+) \{\s*([^}]*?)\s*\}", style))
        groups = list(tree.iter(f"{SVG}g"))
        self._texts = next(g for g in groups if g.get("class", "").endswith("-matrix"))
        screen = next(g for g in groups if self._texts in list(g))
        self._boxes = [e for e in screen if e.tag == f"{SVG}rect"]
        ((self.background, _),) = Counter(b.get("fill", "") for b in self._boxes).most_common(1)

    def boxes(self, background: str) -> Iterator[str]:
        """Yield what is of another colour than the background."""
        for box in self._boxes:
            if box.get("fill") != background:
                x, y = _cell(box, "x", SHOT_WIDTH), _cell(box, "y", SHOT_HEIGHT)
                width = _cell(box, "width", SHOT_WIDTH) * WIDTH
                place = f'x="{x * WIDTH}" y="{y * HEIGHT}" width="{width}" height="{HEIGHT}"'
                yield f'<rect {place} fill="{box.get("fill")}"/>'

    def texts(self, styles: Names) -> Iterator[str]:
        """Yield what stands in a row in one style: long pieces, and all the short ones together."""
        rows: dict[tuple[int, str], list[tuple[int, str]]] = {}
        for text in self._texts:
            x = _cell(text, "x", SHOT_WIDTH)
            y = int(float(text.get("y", 0)) / SHOT_HEIGHT) * HEIGHT + BASELINE
            style = styles[self._styles.get(text.get("class", ""), "")]
            content = (text.text or "").replace("\xa0", " ")
            pieces = [(x + match.start(), match[0]) for match in PIECE.finditer(content)]
            rows.setdefault((y, style), []).extend(pieces)
        for (y, style), pieces in rows.items():
            yield from _row(pieces, f'class="{style}" y="{y}"')


def _cell(element: ElementTree.Element, name: str, size: float) -> int:
    """Return a length of a screenshot in cells."""
    return round(float(element.get(name, 0)) / size)


def _row(pieces: list[tuple[int, str]], attributes: str) -> Iterator[str]:
    """Write texts so that each takes as much room as its cells, in any font."""
    short = [(x + k, c) for x, text in pieces if len(text) <= SHORT for k, c in enumerate(text)]
    if short:
        places = " ".join(str(x * WIDTH) for x, _ in short)
        yield f'<text {attributes} x="{places}">{escape("".join(c for _, c in short))}</text>'
    for x, text in pieces:
        if len(text) > SHORT:
            place = f'x="{x * WIDTH}" textLength="{len(text) * WIDTH}"'
            yield f"<text {attributes} {place}>{escape(text)}</text>"


class Timing:
    """Says in CSS in which frames something is visible."""

    def __init__(self, seconds: Sequence[float], still: int) -> None:
        self._still, self._total = still, sum(seconds)
        self._starts = [100 * sum(seconds[:k]) / self._total for k in range(len(seconds))]
        self.names = Names("f")

    def rules(self) -> str:
        """Return a rule for each set of frames that was named."""
        rules = "".join(self._rule(numbers, name) for numbers, name in self.names.items())
        return f"{rules}@media(prefers-reduced-motion){{g{{animation:none!important}}}}\n"

    def _rule(self, numbers: object, name: str) -> str:
        assert isinstance(numbers, tuple)
        steps, before = [], None
        for k, start in enumerate(self._starts):
            if (k in numbers) != before:
                before = k in numbers
                steps.append(f"{start:.4g}%{{visibility:{'visible' if before else 'hidden'}}}")
        first = "visible" if self._still in numbers else "hidden"
        animation = f"animation:{name} {self._total:g}s step-end infinite"
        return f".{name}{{visibility:{first};{animation}}}@keyframes {name}{{{''.join(steps)}}}\n"
