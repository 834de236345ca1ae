"""Reads the text of a condition.

A text is read once, into functions that call each other; no part of it is run as Python. Numbers
and truths are told apart while reading.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection
from typing import NamedTuple

from engine.debugging.conditions import (
    BINARY,
    ENDINGS,
    EXAMPLES,
    FUNCTIONS,
    OF_LAYER,
    OF_NETWORK,
    Ask,
    Condition,
    ConditionError,
    Vocabulary,
)
from engine.protocol.metrics import LOSS

LENGTH, DEPTH, TIMES = 500, 50, 10**9  # the most characters, expressions in each other, `after`
_OR, _AND, _NOT, _COMPARED, _SUM, _PRODUCT, _MINUS = range(1, 8)  # how tightly each binds
_POWERS = {"or": _OR, "and": _AND, "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT}
_POWERS |= {sign: _COMPARED for sign in BINARY if sign not in _POWERS}
_INSTEAD = {
    "=": "use == to compare", ":=": "use == to compare", "=<": "use <=", "=>": "use >=",
    "≤": "use <=", "≥": "use >=", "≠": "use !=", "&": "use and", "&&": "use and", "|": "use or",
    "||": "use or", "!": "use not", "'": "the quote is not closed", '"': "the quote is not closed",
}  # fmt: skip
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number> (?: \d+(?:_\d+)* (?:\.(?:\d+(?:_\d+)*)?)? | \.\d+(?:_\d+)* ) (?:e[+-]?\d+)? )
      | (?P<name>   [a-z_]\w* (?:\.[a-z_]\w*)* )      # that of an operation has a dot
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


class _Part(NamedTuple):
    ask: Ask
    truth: bool  # or else a number
    start: int
    end: int


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:39]}…")


def _near(name: str, words: Collection[str]) -> list[str]:
    return difflib.get_close_matches(name.lower(), words, 3)


def _listed(name: str, words: Collection[str]) -> str:
    """Say what there is, what ``name`` is near to first."""
    words = [*dict.fromkeys((*_near(name, words), *words))]
    return (
        f"there are {', '.join(words[:20])}{' …' * (len(words) > 20)}"
        if words
        else "there are none"
    )


def _both(function: Callable[[float, float], float], x: Ask, y: Ask) -> Ask:
    return lambda facts: function(x(facts), y(facts))


def parse(text: str, vocabulary: Vocabulary) -> Condition:
    """Understand a text, or raise a `ConditionError` that says how to mend it."""
    return _Parser(text, vocabulary).condition()


# -- the parser ------------------------------------------------------------------------------------


class _Parser:
    """Reads a text from left to right; each method takes what it stands before."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        if len(text) > LENGTH:
            raise ConditionError(LENGTH + 1, f"a condition has at most {LENGTH} characters")
        self._text, self._vocabulary = text, vocabulary
        self._tokens = map(self._token, _TOKEN.finditer(text))
        self._last, self._next = _Token("", "", 0, 0), next(self._tokens)
        self._depth = 0
        self._operations: set[str] = set()

    def condition(self) -> Condition:
        part = self._expression()
        text = " ".join(self._text[: self._next.start].split())
        if self._next.kind != "end" and self._next.text not in ENDINGS:
            between = "put an operator between, such as < or and"
            raise self._unexpected("it closes no '('" if self._next.text == ")" else between)
        ask = self._want(part, truth=True)
        endings: dict[str, int] = {}
        while self._next.text in ENDINGS and self._next.text not in endings:
            word = self._take().text
            endings[word] = self._times() if word == "after" else 1
        if self._next.kind != "end":
            raise self._unexpected("the text ends with once, after N or both")
        operations = frozenset(self._operations)
        return Condition(text, "once" in endings, endings.get("after", 1), operations, ask)

    def _times(self) -> int:
        digits = self._next.text.replace("_", "")
        if self._next.kind != "number" or not digits.isdecimal() or not 1 <= int(digits) <= TIMES:
            hint = f"a whole number from 1 to {TIMES:,} is expected, as in after 3"
            raise self._error(self._next, hint)
        return int(self._take().text)

    # -- expressions -------------------------------------------------------------------------------

    def _expression(self, above: int = 0) -> _Part:
        """Take an operand, and all after it that binds more tightly than ``above``."""
        left = self._operand()
        while (power := _POWERS.get(self._next.text, 0)) > above:
            left = self._compared(left) if power == _COMPARED else self._joined(left, power)
        return left

    def _joined(self, left: _Part, power: int) -> _Part:
        truth = power <= _AND
        x, word = self._want(left, truth), self._take().text
        y = self._want(self._expression(power), truth)
        if not truth:
            return self._part(_both(BINARY[word], x, y), False, left.start)
        if power == _OR:
            return self._part(lambda facts: x(facts) or y(facts), True, left.start)
        return self._part(lambda facts: x(facts) and y(facts), True, left.start)

    def _compared(self, left: _Part) -> _Part:
        """Take comparisons: ``a < b < c`` is ``a < b and b < c``."""
        x, links = self._want(left, truth=False), []
        while _POWERS.get(self._next.text) == _COMPARED:
            compare = BINARY[self._take().text]
            y = self._want(self._expression(_COMPARED), truth=False)
            links.append(_both(compare, x, y))
            x = y
        if len(links) == 1:
            return self._part(links[0], True, left.start)
        return self._part(lambda facts: all(link(facts) for link in links), True, left.start)

    def _nested(self, above: int = 0) -> _Part:
        """Take an expression inside another, unless Python's own stack could end."""
        if self._depth == DEPTH:
            raise self._error(self._next, f"this is nested more than {DEPTH} deep; make it simpler")
        self._depth += 1
        part = self._expression(above)
        self._depth -= 1
        return part

    def _operand(self) -> _Part:
        token = self._next
        if token.kind == "name" and token.text not in (*_POWERS, *ENDINGS, "not"):
            return self._named(self._take())
        if token.kind != "number" and token.text not in ("(", "-", "not"):
            place = f"after {self._last}" if self._last.kind else f"first, as in {LOSS.name} < 0.5"
            raise self._error(token, f"a number or a name is expected {place}")
        self._take()
        if token.text == "(":
            inner = self._nested()
            self._close(token)
            return self._part(inner.ask, inner.truth, token.start)
        if token.text == "-":
            number = self._want(self._nested(_MINUS), truth=False)
            return self._part(lambda facts: -number(facts), False, token.start)
        if token.text == "not":
            truth = self._want(self._nested(_NOT), truth=True)
            return self._part(lambda facts: not truth(facts), True, token.start)
        value = float(token.text)
        return self._part(lambda facts: value, False, token.start)

    def _named(self, token: _Token) -> _Part:
        vocabulary = self._vocabulary
        name, operations = vocabulary.name_of(token.text), vocabulary.operations
        if name in vocabulary.numbers:
            # float, since an int that becomes too large raises
            return self._part(lambda facts: float(facts.number(name)), False, token.start)
        if name in operations:
            self._operations.add(name)
            return self._part(lambda facts: facts.at(name), True, token.start)
        if name in EXAMPLES:
            return self._called(token)
        if name in vocabulary.layers:
            hint = f"{token} is a layer; name an operation, as in {name}.forward"
        elif "." in name:
            hint = f"there is no operation {token}; {_listed(name, operations)}"
        else:
            words = (*vocabulary.numbers, *EXAMPLES, "not")
            near = [f"did you mean {word!r}?" for word in _near(name, words)]
            hint = f"there is no {token}; {near[0] if near else _listed(name, words)}"
        raise self._error(token, hint)

    def _called(self, token: _Token) -> _Part:
        """Take a function's parentheses and what stands in them."""
        name, opening = token.text, self._next
        if opening.text != "(":
            raise self._error(token, f"{token} is a function; write {EXAMPLES[name]}")
        self._take()
        if name in OF_LAYER:
            ask = self._of_layer(name)
        elif name == "previous":
            ask = self._previous()
        else:
            ask = self._of_numbers(name)
        self._close(opening)
        return self._part(ask, name.startswith("is"), token.start)

    def _of_layer(self, function: str) -> Ask:
        token, layer = self._next, ""
        if token.kind == "quoted":
            layer = self._take().text[1:-1]
            layers = [name for name, has in self._vocabulary.layers.items() if function in has]
            if layer not in layers:
                what = f"there is no layer {_shown(layer)} with {function}"
                raise self._error(token, f"{what}; {_listed(layer, layers)}")
        elif token.text != ")" or function not in OF_NETWORK:
            raise self._error(token, f"a layer in quotes is expected: {EXAMPLES[function]}")
        return lambda facts: float(facts.of_layer(function, layer))

    def _previous(self) -> Ask:
        metric = self._vocabulary.name_of(self._next.text)
        known = [m.name for m in self._vocabulary.metrics]
        if metric not in known:
            raise self._error(self._next, f"previous takes one of {', '.join(known)}")
        self._take()
        return lambda facts: float(facts.previous(metric))

    def _of_numbers(self, name: str) -> Ask:
        function, many = FUNCTIONS[name], name in ("min", "max")
        numbers = [self._want(self._nested(), truth=False)]
        while many and self._next.text == ",":
            self._take()
            numbers.append(self._want(self._nested(), truth=False))
        if self._next.text == (")" if many and len(numbers) == 1 else ","):
            count = "two numbers or more" if many else "one number"
            raise self._error(self._next, f"{name} takes {count}, as in {EXAMPLES[name]}")
        return lambda facts: function(*[number(facts) for number in numbers])

    # -- parts and tokens --------------------------------------------------------------------------

    def _part(self, ask: Ask, truth: bool, start: int) -> _Part:
        return _Part(ask, truth, start, self._last.end)

    def _want(self, part: _Part, truth: bool) -> Ask:
        if part.truth == truth:
            return part.ask
        is_one = f"a number: compare it, as in {LOSS.name} < 0.5"
        is_other = "true or false: put a number in its place"
        source = _shown(self._text[part.start : part.end])
        raise self._error(part, f"{source} is {is_one if truth else is_other}")

    def _token(self, match: re.Match[str]) -> _Token:
        kind = match.lastgroup or ""
        token = _Token(kind, match[kind], *match.span(kind))
        if kind == "wrong":
            hint = _INSTEAD.get(token.text, "remove it")
            raise self._error(token, f"{token} has no meaning here; {hint}")
        return token

    def _take(self) -> _Token:
        self._last, self._next = self._next, next(self._tokens)
        return self._last

    def _close(self, opening: _Token) -> None:
        if self._next.text != ")":
            raise self._unexpected(f"a ')' is missing for the '(' of column {opening.start + 1}")
        self._take()

    def _unexpected(self, hint: str) -> ConditionError:
        token, words = self._next, ("and", "or", *ENDINGS)
        if token.kind == "end":
            return self._error(token, f"the text ends, but {hint}")
        if token.kind == "name" and token.text not in words:
            hint = next((f"did you mean {word!r}?" for word in _near(token.text, words)), hint)
        return self._error(token, f"{token} is not expected after {self._last}; {hint}")

    def _error(self, where: _Token | _Part, message: str) -> ConditionError:
        return ConditionError(where.start + 1, message)
