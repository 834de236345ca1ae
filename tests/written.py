"""Random programs of someone's own: a class with methods that read and write its attributes."""

import linecache
import textwrap

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

ATTRIBUTES = "abcde"

HEADER = """\
import contextlib
import functools
import numpy as np

CONSTANT = np.array([0.25, -0.5])

def shift(x):
    return x + CONSTANT

def change(x):
    x[0] += 0.5
    return x

def logged(method):
    @functools.wraps(method)
    def wrapper(self, *args, **kwargs):
        return method(self, *args, **kwargs)
    return wrapper

class Part:
    def __init__(self):
        self.a = np.array([0.1, 0.9])
        self.b = np.array([0.6, 0.2])

"""

attribute = st.sampled_from(ATTRIBUTES)
local = st.sampled_from(["x", "u", "v"])


def _expressions(draw, owner, depth):
    """Draw an expression, whose value is an array of two numbers."""

    def inner():
        return _expressions(draw, owner, depth - 1)

    simple = ["local", "attribute", "attribute", "part"]
    more = [*EXPRESSIONS, "helper", "prop", "base", "part_run", "partial"]
    kind = draw(st.sampled_from(simple if depth <= 0 else simple + more))
    a, b = draw(attribute), draw(attribute)
    if kind == "local":
        return draw(local)
    if kind == "attribute":
        return f"self.{draw(st.sampled_from('ab')) if owner == 'Part' else a}"
    if kind == "part":
        return "self.b" if owner == "Part" else f"self.part.{draw(st.sampled_from('ab'))}"
    if kind in EXPRESSIONS:
        a, b = ("a", "b") if owner == "Part" else (a, b)
        return EXPRESSIONS[kind].format(e=inner(), f=inner(), a=a, b=b, u=draw(local))
    if owner != "Layer":
        return inner()
    return {
        "helper": "self.helper({e})",
        "prop": "self.prop",
        "base": "super().base({e})",
        "part_run": "self.part.run({e})",
        "partial": "functools.partial(self.helper)({e})",
    }[kind].format(e=inner())


EXPRESSIONS = {
    "sum": "({e} * 0.5 + {f} * 0.25)",
    "maximum": "np.maximum({e}, {f})",
    "copy": "{e}.copy()",
    "view": "{e}.reshape(2)",
    "asarray": "np.asarray({e})",
    "out": "np.add({e}, {f}, out=self.{a})",
    "third": "np.multiply({e}, 0.5, self.{a})",
    "lambda": "(lambda x: x * 0.5 + self.{a})({e})",
    "called": "[lambda: self.{a}][0]()",
    "list": "[x * 0.5 for x in (self.{a}, {e})][1]",
    "sorted": "sorted([{e}, self.{b}], key=lambda x: x[0] + self.{a}[1])[0]",
    "if": "({e} if self.{a}[0] > 0.3 else {f})",
    "or": "(self.{a}[0] > 0.2 and {e} is None or {f})[:]",
    "getattr": 'getattr(self, "{a}")',
    "walrus": "(w := {e})",
    "shift": "shift({e})",
    "change": "change({e})",
    "dict": 'dict(k={e})["k"]',
    "map": "next(map(lambda x: x + self.{a}, [{e}]))",
    "generator": "sum((x * self.{a} for x in ({e}, {f})), np.zeros(2))",
}


def _block(draw, owner, depth, loop=False):
    count = draw(st.integers(1, 4))
    return "\n".join(_statement(draw, owner, depth, loop) for _ in range(count))


def _statement(draw, owner, depth, loop):
    def e():
        return _expressions(draw, owner, 2)

    def block(in_loop=loop):
        return textwrap.indent(_block(draw, owner, depth - 1, in_loop), "    ")

    pool = "ab" if owner == "Part" else ATTRIBUTES
    a, b = draw(st.sampled_from(pool)), draw(st.sampled_from(pool))
    u = draw(local)
    condition = draw(st.sampled_from(CONDITIONS)).format(a=a, b=b)
    kind = draw(st.sampled_from(SIMPLE if depth <= 0 else SIMPLE + COMPOUND))
    if kind in ("break", "continue") and not loop:
        kind = "self.{a} = {e}"
    if kind in SIMPLE:
        return kind.format(a=a, b=b, e=e(), f=e(), u=u)
    if kind == "if":
        return f"if {condition}:\n{block()}\nelse:\n{block()}"
    if kind == "when":
        return f"if {condition}:\n{block()}"
    if kind == "for":
        return f"for {u} in [{e()}, self.{b}][:{draw(st.integers(0, 2))}]:\n{block(True)}"
    if kind == "while":
        return f"n = 0\nwhile {condition} and n < 2:\n    n += 1\n{block(True)}"
    if kind == "try":
        end = draw(st.sampled_from(["", f"\nelse:\n{block()}", f"\nfinally:\n{block()}"]))
        return f"try:\n{block()}\nexcept (AttributeError, ValueError):\n{block()}{end}"
    if kind == "suppress":
        return f"with contextlib.suppress(AttributeError, ValueError):\n{block()}"
    if kind == "errstate":
        return f"with np.errstate(all='ignore'):\n{block()}"
    if kind == "def":
        end = draw(st.sampled_from(["f(self.a)", f"{u} = f({e()})", f"self.{a} = f(x)"]))
        return f"def f(x, y=None):\n{block(False)}\n    return x\n{end}"
    return f"match self.{a}[0] > 0.4:\n    case True:\n{textwrap.indent(block(), '    ')}"


CONDITIONS = [
    "self.{a}[0] > 0.3",
    "x[1] > 0.5",
    'hasattr(self, "{a}")',
    "self.{a} is None",
    "(self.{a} is self.{b} or x[0] > 0.4)",
]
SIMPLE = [
    *["self.{a} = {e}"] * 6,
    "self.{a} += {e}",
    "self.{a}[:] = {e}",
    "self.{a}[0] = {e}[1]",
    "self.{a}, self.{b} = {e}, {f}",
    "(self.{a}, {u}) = [{e}, {f}]",
    "{u} = {e}",
    "{u} += {e}",
    "{u}[0] = 0.5",
    "{u} = self.{a}",
    "self.{a}: object = {e}",
    "self.{a} = self.{b} = {e}",
    "del self.{a}",
    'setattr(self, "{a}", {e})',
    "np.copyto(self.{a}, {e})",
    "self.{a}.sort()",
    "return {e}",
    "break",
    "continue",
    "raise ValueError",
    "assert {e} is not None",
    "self.saved = lambda: self.{a}",
]
COMPOUND = ["if", "when", "for", "while", "try", "suppress", "errstate", "def", "match"]


def _compiles(text):
    try:
        return bool(compile(text, "", "exec"))
    except SyntaxError:  # an assignment expression where none may be
        return False


@st.composite
def programs(draw):
    """The text of a class `Layer`, with `forward` and `backward` of one argument."""

    def method(name, owner, depth, decorator=""):
        body = textwrap.indent(_block(draw, owner, depth), "        ")
        given = "" if decorator == "@property" else ", x"
        start = "x = self.a" if decorator == "@property" else "pass"
        lines = [f"    def {name}(self{given}):", f"        {start}", "        u = v = x.copy()"]
        if decorator:
            lines.insert(0, f"    {decorator}")
        return "\n".join([*lines, body, f"        return {draw(local)}", ""])

    decorator = draw(st.sampled_from(["", "", "@logged"]))
    text = "\n".join(
        [
            HEADER + method("run", "Part", 0),
            "class Base:",
            method("base", "Base", 0),
            "class Layer(Base):",
            "    part = None",
            method("helper", "Base", 1),
            method("prop", "Base", 0, "@property"),
            method("forward", "Layer", 2, decorator),
            method("backward", "Layer", 2),
        ]
    )
    assume(_compiles(text))
    return text


def build(text, number=[0]):  # noqa: B006
    """Return an object of the class, as if its text had been imported."""
    number[0] += 1
    name = f"<written {number[0]}>"
    linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
    names = {"__name__": "written"}
    exec(compile(text, name, "exec", dont_inherit=True), names)
    layer = names["Layer"]()
    for k, attribute_ in enumerate(ATTRIBUTES):
        setattr(layer, attribute_, np.array([0.2 + 0.1 * k, 0.7 - 0.15 * k]))
    layer.part = names["Part"]()
    return layer
