"""The small language of breakpoints: when a training is to stop.

=================================  ================================================================
text                               holds
=================================  ================================================================
``loss < 0.5 and epoch > 100``     after an epoch, by its numbers
``loss > 1.5 * previous(loss)``    likewise; what was one epoch earlier is NaN at the first
``grad_norm('dense_1') > 10``      of a layer; ``grad_norm()`` of the whole network
``dead('relu_1') > 0.3``           as a share of the units: active for no sample of the last batch
``dense_2.backward and epoch > 9`` just before that operation
``isnan(loss) after 3 once``       counted by who asks: from the third time on, and one stop only
=================================  ================================================================

A text is parsed once, into functions that hold each other. What it may say is in the tables below;
nothing of it is ever handed to Python to run. Numbers and truths are told apart while parsing, and
arithmetic is that of floats in NumPy: it has infinities and NaN, and no exceptions.
"""

from __future__ import annotations

import difflib
import math
import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn, Protocol

from engine.training.history import METRICS

LENGTH, DEPTH, TIMES = 500, 50, 10**9
NAMES = (*METRICS, "epoch", "batch", "learning_rate")
OF_NETWORK = ("grad_norm", "weight_norm")
OF_LAYER = (*OF_NETWORK, "dead")


class ConditionError(ValueError):
    """What is wrong with a text, in one line, and where: ``column`` counts from 1."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(f"column {column}: {message}")
        self.column = column


class Facts(Protocol):
    """What a condition may ask of a training."""

    def number(self, name: str) -> float:
        """Return one of `NAMES`."""

    def previous(self, name: str) -> float:
        """Return a metric's value one epoch earlier; NaN at the first."""

    def of_layer(self, function: str, layer: str) -> float:
        """Return one of `OF_LAYER`, of the whole network where ``layer`` is empty."""

    def at(self, operation: str) -> bool:
        """Return whether the operation of that name comes next."""


@dataclass(frozen=True)
class Vocabulary:
    """What a text can name in the network at hand.

    Attributes
    ----------
    layers : mapping of str to collection of str
        Which of `OF_LAYER` each layer has.
    operations : tuple of str
        The names of the program's operations.
    """

    layers: Mapping[str, Collection[str]]
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A text that was understood.

    Attributes
    ----------
    text : str
        As typed, but for spaces and the ending.
    once : bool
        Whether the first stop is the last.
    after : int
        How many times it has to hold for the first stop.
    operations : frozenset of str
        The operations it names: ask it before each of them; if there are none, after each epoch.
    """

    text: str
    once: bool
    after: int
    operations: frozenset[str]
    _truth: Callable[[Facts], bool] = field(repr=False, compare=False)

    def holds(self, facts: Facts) -> bool:
        """Return whether it is so now."""
        return self._truth(facts)


def parse(text: str, vocabulary: Vocabulary) -> Condition:
    """Understand a text, or raise a `ConditionError` that says how to mend it."""
    return _Parser(text, vocabulary).condition()


# -- arithmetic ------------------------------------------------------------------------------------


def _divide(x: float, y: float) -> float:
    if y == 0:  # signed: 1 / -0.0 is -inf
        return math.nan if x == 0 else x * math.copysign(math.inf, y)
    return x / y


def _sqrt(x: float) -> float:
    return math.nan if x < 0 else math.sqrt(x)


def _log(x: float) -> float:
    return math.log(x) if x > 0 else _divide(-1, x) if x == 0 else math.nan


def _smallest(*values: float) -> float:
    return math.nan if any(map(math.isnan, values)) else min(values)


def _largest(*values: float) -> float:
    return math.nan if any(map(math.isnan, values)) else max(values)


_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": _divide,
}  # fmt: skip
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_QUESTIONS = {"isnan": math.isnan, "isinf": math.isinf, "isfinite": math.isfinite}
_OF_NUMBERS: Mapping[str, Callable[..., float]] = {
    **_QUESTIONS, "abs": abs, "sqrt": _sqrt, "log": _log, "min": _smallest, "max": _largest,
}  # fmt: skip

# -- words -----------------------------------------------------------------------------------------

# How tightly each binds. Sides of `or` hold together least, a minus and its number most.
_OR, _AND, _NOT, _COMPARED, _SUM, _PRODUCT, _MINUS = range(1, 8)
_POWERS = {"or": _OR, "and": _AND, "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT}
_POWERS |= dict.fromkeys(_COMPARISONS, _COMPARED)
_ENDINGS = ("once", "after")
_USES = {
    **{name: f"{name}('dense_1')" for name in OF_NETWORK},
    "dead": "dead('relu_1')",
    **{name: f"{name}(loss)" for name in ("previous", *_OF_NUMBERS)},
    **{name: f"{name}(loss, 1)" for name in ("min", "max")},
}
_INSTEAD = {
    "=": "use == to compare", ":=": "use == to compare", "=<": "use <=", "=>": "use >=",
    "≤": "use <=", "≥": "use >=", "≠": "use !=", "&": "use and", "&&": "use and", "|": "use or",
    "||": "use or", "!": "use not", "'": "the quote is not closed", '"': "the quote is not closed",
}  # fmt: skip
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number> (?: \d+(?:_\d+)* (?:\.(?:\d+(?:_\d+)*)?)? | \.\d+(?:_\d+)* ) (?:e[+-]?\d+)? )
      | (?P<name>   [a-z_]\w* (?:\.[a-z_]\w*)* )      # an operation's name has a dot
      | (?P<quoted> '[^']*' | "[^"]*" )
      | (?P<sign>   [<>=!]= | [-+*/<>(),] )
      | (?P<end>    \Z )
      | (?P<wrong>  := | =[<>] | && | \|\| | . )
    )""",
    re.VERBOSE | re.ASCII | re.IGNORECASE | re.DOTALL,
)


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int

    def __str__(self) -> str:
        return _shown(self.text)


class _Number(NamedTuple):
    of: Callable[[Facts], float]
    start: int
    end: int


class _Truth(NamedTuple):
    of: Callable[[Facts], bool]
    start: int
    end: int


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:39]}…")


def _listed(name: str, names: Collection[str]) -> str:
    """Say what there is, the nearest to ``name`` first."""
    near = difflib.get_close_matches(name.lower(), names, 12, 0.0)
    return f"there are {', '.join(near)}" + " …" * (len(names) > len(near)) if near else "none is"


def _guess(name: str, names: Collection[str]) -> str:
    """Say which was meant, or what there is."""
    near = difflib.get_close_matches(name.lower(), names, 1)
    return f"did you mean {near[0]!r}?" if near else _listed(name, names)


# -- the parser ------------------------------------------------------------------------------------


class _Parser:
    """Reads a text from left to right; each method takes what it stands before."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        if len(text) > LENGTH:
            raise ConditionError(LENGTH + 1, f"{len(text)} characters are too many; use {LENGTH}")
        self._text, self._vocabulary = text, vocabulary
        self._tokens = iter([self._token(match) for match in _TOKEN.finditer(text)])
        self._next = next(self._tokens)
        self._last: _Token | None = None
        self._depth = 0
        self._operations: set[str] = set()

    def condition(self) -> Condition:
        """Take the whole text."""
        truth = self._true(self._expression())
        text = " ".join(self._text[: self._next.start].split())
        endings: dict[str, int] = {}
        while self._next.text in _ENDINGS:
            word = self._take()
            if word.text in endings:
                self._fail(word, f"{word} is there twice; remove one")
            endings[word.text] = self._times() if word.text == "after" else 1
        if self._next.kind != "end":
            self._unexpected()
        operations = frozenset(self._operations)
        return Condition(text, "once" in endings, endings.get("after", 1), operations, truth.of)

    def _times(self) -> int:
        token = self._next
        digits = token.text.replace("_", "")
        if not (digits.isdecimal() and 1 <= int(digits) <= TIMES):
            self._fail(token, "a whole number from 1 on is expected after 'after', as in after 3")
        return int(self._take().text)

    # -- expressions, by how tightly they bind ---------------------------------------------------

    def _expression(self, above: int = 0) -> _Number | _Truth:
        """Take an operand, and all that follows and binds more tightly than ``above``."""
        left = self._operand()
        while (power := _POWERS.get(self._next.text, 0)) > above:
            if power == _COMPARED:
                left = self._compared(self._number(left))
            elif power in (_OR, _AND):
                left = self._joined(self._true(left), power)
            else:
                left = self._calculated(self._number(left), power)
        return left

    def _joined(self, left: _Truth, power: int) -> _Truth:
        self._take()
        a, b = left.of, self._true(self._expression(power)).of
        if power == _OR:
            return _Truth(lambda facts: a(facts) or b(facts), left.start, self._end)
        return _Truth(lambda facts: a(facts) and b(facts), left.start, self._end)

    def _compared(self, left: _Number) -> _Truth:
        """Take comparisons: ``a < b < c`` is ``a < b and b < c``."""
        compare, x = _COMPARISONS[self._take().text], left.of
        right = self._number(self._expression(_COMPARED))
        y = right.of
        truth = _Truth(lambda facts: compare(x(facts), y(facts)), left.start, self._end)
        if self._next.text not in _COMPARISONS:
            return truth
        a, b = truth.of, self._compared(right).of
        return _Truth(lambda facts: a(facts) and b(facts), left.start, self._end)

    def _calculated(self, left: _Number, power: int) -> _Number:
        calculate, x = _ARITHMETIC[self._take().text], left.of
        y = self._number(self._expression(power)).of
        return _Number(lambda facts: calculate(x(facts), y(facts)), left.start, self._end)

    def _nested(self, above: int = 0) -> _Number | _Truth:
        """Take an expression within another, unless it is so deep that Python's stack may end."""
        if self._depth == DEPTH:
            self._fail(self._next, f"this is nested more than {DEPTH} deep; make it simpler")
        self._depth += 1
        expression = self._expression(above)
        self._depth -= 1
        return expression

    def _operand(self) -> _Number | _Truth:
        token = self._next
        if token.kind == "number":
            value = float(self._take().text)
            return _Number(lambda facts: value, token.start, token.end)
        if token.text == "not":
            self._take()
            truth = self._true(self._nested(_NOT)).of
            return _Truth(lambda facts: not truth(facts), token.start, self._end)
        if token.text == "-":
            self._take()
            number = self._number(self._nested(_MINUS)).of
            return _Number(lambda facts: -number(facts), token.start, self._end)
        if token.text == "(":
            opening = self._take()
            inner = self._nested()
            self._close(opening)
            return inner._replace(start=opening.start, end=self._end)
        if token.kind == "name" and token.text not in (*_POWERS, *_ENDINGS):
            return self._named(self._take())
        place = f"after {self._last}" if self._last else "first, as in loss < 0.5"
        self._fail(token, f"a number or a name is expected {place}")

    def _named(self, token: _Token) -> _Number | _Truth:
        name, operations = token.text, self._vocabulary.operations
        if name in NAMES:
            # Not as an int: those have no infinity, but raise an exception.
            return _Number(lambda facts: float(facts.number(name)), token.start, token.end)
        if name in operations:
            self._operations.add(name)
            return _Truth(lambda facts: facts.at(name), token.start, token.end)
        if name in _USES:
            return self._called(token)
        if name in self._vocabulary.layers:
            self._fail(token, f"{token} is a layer; name an operation, as in {name}.forward")
        if "." in name:
            self._fail(token, f"there is no operation {token}; {_listed(name, operations)}")
        self._fail(token, f"there is no {token}; {_guess(name, (*NAMES, *_USES, 'not'))}")

    def _called(self, token: _Token) -> _Number | _Truth:
        """Take a function's parentheses and what stands in them."""
        name, opening = token.text, self._next
        if opening.text != "(":
            self._fail(token, f"{token} is a function; write it as in {_USES[name]}")
        self._take()
        if name in OF_LAYER:
            of = self._of_layer(name)
        elif name == "previous":
            of = self._previous()
        else:
            of = self._of_numbers(name)
        self._close(opening)
        if name in _QUESTIONS:
            return _Truth(lambda facts: bool(of(facts)), token.start, self._end)
        return _Number(of, token.start, self._end)

    def _of_layer(self, function: str) -> Callable[[Facts], float]:
        token, layer = self._next, ""
        if token.kind == "quoted":
            layer = self._take().text[1:-1]
            layers = [
                a for a, functions in self._vocabulary.layers.items() if function in functions
            ]
            if layer not in layers:
                there = _listed(layer, layers)
                self._fail(token, f"there is no layer {token} that has a {function}; {there}")
        elif token.text != ")" or function not in OF_NETWORK:
            self._fail(token, f"a layer in quotes is expected, as in {_USES[function]}")
        return lambda facts: float(facts.of_layer(function, layer))

    def _previous(self) -> Callable[[Facts], float]:
        metric = self._next.text
        if metric not in METRICS:
            self._fail(self._next, f"previous takes {' or '.join(METRICS)}, as in previous(loss)")
        self._take()
        return lambda facts: float(facts.previous(metric))

    def _of_numbers(self, name: str) -> Callable[[Facts], float]:
        function, many = _OF_NUMBERS[name], name in ("min", "max")
        numbers = [self._number(self._nested()).of]
        while self._next.text == "," and many:
            self._take()
            numbers.append(self._number(self._nested()).of)
        if self._next.text == "," or (self._next.text == ")" and many and len(numbers) == 1):
            count = "two numbers or more" if many else "one number"
            self._fail(self._next, f"{name} takes {count}, as in {_USES[name]}")
        return lambda facts: function(*[number(facts) for number in numbers])

    # -- numbers and truths ----------------------------------------------------------------------

    def _number(self, part: _Number | _Truth) -> _Number:
        if isinstance(part, _Truth):
            source = _shown(self._text[part.start : part.end])
            self._fail(part, f"{source} is true or false: put a number in its place")
        return part

    def _true(self, part: _Number | _Truth) -> _Truth:
        if isinstance(part, _Number):
            source = _shown(self._text[part.start : part.end])
            self._fail(part, f"{source} is a number: compare it, as in loss < 0.5")
        return part

    # -- tokens ----------------------------------------------------------------------------------

    def _token(self, match: re.Match[str]) -> _Token:
        kind = match.lastgroup or ""
        token = _Token(kind, match[kind], *match.span(kind))
        if kind == "wrong":
            self._fail(
                token, f"{token} has no meaning here; {_INSTEAD.get(token.text, 'remove it')}"
            )
        return token

    def _take(self) -> _Token:
        self._last, self._next = self._next, next(self._tokens)
        return self._last

    @property
    def _end(self) -> int:
        """Where what was taken ends."""
        return self._last.end if self._last else 0

    def _close(self, opening: _Token) -> None:
        if self._next.kind == "end":
            self._fail(self._next, f"a ')' is missing for the '(' of column {opening.start + 1}")
        if self._next.text != ")":
            self._unexpected()
        self._take()

    def _unexpected(self) -> NoReturn:
        """Tell of what stands where an operator, an ending or nothing should."""
        token = self._next
        if token.text == ")":
            self._fail(token, "this ')' closes nothing; remove it")
        words = ("and", "or", *_ENDINGS)
        near = token.kind == "name" and token.text not in words
        what = _guess(token.text, words) if near else "put and, or or an operator between"
        self._fail(token, f"{token} is not expected after {self._last}; {what}")

    def _fail(self, where: _Token | _Number | _Truth, message: str) -> NoReturn:
        raise ConditionError(where.start + 1, message)
