"""What a formula reads and writes, found in its syntax tree, without running it.

A formula is a method such as ``forward`` of a layer, as somebody wrote it. Its statements are
followed along all ways that they can take, into the methods that it calls, and with a look at the
objects that it calls them on. Where that is not enough, as for a method that was compiled, a class
declares it::

    class Dense:
        uses = {"forward": Uses(reads=("self.weights", "inputs"), writes=("self.output",))}

Instead of a `Uses` there may be a function that returns one for the object and the arguments of
`uses_of`, as of an optimizer for a layer.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Sequence
from functools import partial
from itertools import zip_longest
from typing import Any

from engine.training.formulas.functions import Functions
from engine.training.formulas.library import is_of_library
from engine.training.formulas.memory import Ref, Value, is_within
from engine.training.formulas.objects import UNKNOWN, in_class
from engine.training.formulas.source import formula_of, formula_source, function_of, place
from engine.training.formulas.uses import Uses, declaration

__all__ = ["Uses", "formula_source", "place", "recomputed", "uses_of"]

NOT_RUN_BY_A_CALL = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def uses_of(method: Callable[..., Any], *arguments: object) -> Uses:
    """Find what a method reads and writes, without running it.

    Parameters
    ----------
    method : callable
        A bound method, most often; what it is bound to is called ``self``, and its parameters
        by their names. Anything else may be given as well, also a `functools.partial`.
    arguments : object, optional
        What it is called with. Methods and parts of an argument are followed if it is given.

    Returns
    -------
    Uses
        `opaque`, and with no names, if nothing can be found out. No error is raised.
    """
    try:
        return _uses_of(method, arguments)
    except Exception:  # whatever somebody's objects may come up with, a view can be drawn
        return Uses(opaque=True)


def recomputed(owner: object, methods: Sequence[Callable[..., Any]]) -> frozenset[str]:
    """Find which attributes of an object are assigned anew before anything needs them.

    Parameters
    ----------
    owner : object
    methods : sequence of callables
        Its methods that an iteration runs, in order; each runs every time.

    Returns
    -------
    frozenset of str
        As ``output``; of an object that is an attribute itself, as ``activation.output``. What they
        were before an iteration makes no difference to it. Empty, if one of the methods is opaque.
    """
    sequence = [uses_of(method) for method in methods]
    theirs = all(_taken_apart(method, ())[0] is owner for method in methods)
    if not theirs or any(uses.opaque for uses in sequence):
        return frozenset()
    new: set[str] = set()
    needed: set[str] = set()
    for uses in sequence:
        touched = (*uses.reads, *(name for name in uses.writes if name not in uses.overwrites))
        needed |= {name for name in touched if not any(is_within(name, n) for n in new)}
        new |= {n for n in uses.overwrites if not any(is_within(m, n) for m in needed)}
    return frozenset(n.removeprefix("self.") for n in new if n.startswith("self."))


def _uses_of(method: Any, arguments: tuple[object, ...]) -> Uses:
    owner, function, arguments = _taken_apart(method, arguments)
    if is_of_library(function) or type(function) is types.FunctionType:
        declared = declaration(type(owner), function.__name__)
        if declared is not None:
            uses = declared.uses
            return uses if isinstance(uses, Uses) else uses(owner, *arguments)
    walk = Functions()
    memory = walk.memory
    code = function_of(method).__code__
    names = code.co_varnames[: code.co_argcount]
    values: list[Value] = []
    if owner is not UNKNOWN:
        is_class = issubclass(type(owner), type)
        values.append(frozenset({Ref("" if is_class else "self", owner)}))
        memory.paths[id(owner)] = "self"
        names = names[1:]
    for name, thing in zip_longest(names, arguments[: len(names)], fillvalue=UNKNOWN):
        values.append(memory.at(str(name), thing))
    only = code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]
    formula = formula_of(function)
    bound = walk.bound(formula.node, values, {name: frozenset({Ref(name)}) for name in only})
    frame = walk.follow(function, formula, bound)
    walk.use(frozenset(ref for ref in frame.returned if not ref.is_part))
    return Uses(
        tuple(memory.reads),
        tuple(memory.writes),
        frozenset(p for p in memory.assigned if not any(is_within(n, p) for n in memory.needs)),
        frame.returns,
        memory.opaque or bool(code.co_flags & NOT_RUN_BY_A_CALL),
    )


def _taken_apart(method: Any, arguments: tuple[object, ...]) -> tuple[Any, Any, tuple[object, ...]]:
    """Return what a method is bound to, its function, and what it is called with."""
    while type(method) is partial:
        arguments, method = (*method.args, *arguments), method.func
    if type(method) in (types.MethodType, types.BuiltinMethodType):
        function = getattr(method, "__func__", method)
        return method.__self__, function, arguments
    call = in_class(type(method), "__call__")
    if type(method) is types.FunctionType or call is None:
        return UNKNOWN, method, arguments
    return method, call.function, arguments
