"""Functions with what they close over, and classes."""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Any

from engine.training.state.kinds import Kind, Walk, same_dicts
from engine.training.state.objects import put_names
from engine.training.state.own import is_own_function


class _Function(Kind):
    """A function of a user: defaults, attributes, closure, and the globals that it names.

    Of a function of a library only what it wraps is looked at.
    """

    name = "function"

    def copy(self, thing: Any, walk: Walk) -> Any:
        attributes = thing.__dict__
        if not is_own_function(thing):
            wrapped = {k: v for k, v in attributes.items() if k == "__wrapped__"}
            return None, None, wrapped, None, ()
        walk.name_globals(thing)
        names = thing.__code__.co_freevars
        return thing.__defaults__, thing.__kwdefaults__, {**attributes}, thing.__closure__, names

    def unchanged(self, content: Any, before: Any) -> bool:
        return (
            content[0] is before[0]
            and content[1] is before[1]
            and same_dicts(content[2], before[2])
            and content[3] is before[3]
        )

    def put(self, thing: Any, content: Any) -> None:
        if not is_own_function(thing):
            return
        defaults, named, attributes, *_ = content
        if thing.__defaults__ is not defaults:
            thing.__defaults__ = defaults
        if thing.__kwdefaults__ is not named:
            thing.__kwdefaults__ = named
        put_names(thing.__dict__, attributes)

    def values(self, content: Any) -> Sequence[Any]:
        defaults, named, attributes, closure, _ = content
        return [defaults, named, *attributes.values(), *(closure or ())]

    def labels(self, content: Any) -> Sequence[str]:
        attributes = ["" if name == "__wrapped__" else f".{name}" for name in content[2]]
        return [
            ".__defaults__",
            ".__kwdefaults__",
            *attributes,
            *(f".{name}" for name in content[4]),
        ]

    def plain(self, content: Any) -> Any:
        return [[*content[2]], [*content[4]]]

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        names, free = plain
        defaults, named, *rest = values
        attributes = dict(zip(names, rest[: len(names)], strict=True))
        return defaults, named, attributes, (*rest[len(names) :],) or None, free


class _Cell(Kind):
    """A variable that functions share."""

    name = "variable"

    def copy(self, thing: Any, walk: Walk) -> Any:
        try:
            return [thing.cell_contents]
        except ValueError:
            return []

    def put(self, thing: Any, content: Any) -> None:
        if content:
            thing.cell_contents = content[0]
        else:
            del thing.cell_contents

    def values(self, content: Any) -> Sequence[Any]:
        return content  # type: ignore[no-any-return]

    def labels(self, content: Any) -> Sequence[str]:
        return [""] * len(content)

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        return [*values]


class _Class(Kind):
    """A class. The attributes of a user's classes are kept apart, as modules' globals are."""

    name = "class"

    def copy(self, thing: Any, walk: Walk) -> Any:
        walk.name_class(thing)


class _Builtin(Kind):
    """A method of a built-in type, bound to an object."""

    name = "method"
    frozen = True

    def copy(self, thing: Any, walk: Walk) -> Any:
        owner = thing.__self__
        return [] if owner is None or type(owner) is types.ModuleType else [owner]

    def values(self, content: Any) -> Sequence[Any]:
        return content  # type: ignore[no-any-return]

    def labels(self, content: Any) -> Sequence[str]:
        return [".__self__"] * len(content)

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        return [*values]


FUNCTION, VARIABLE, CLASS, BUILTIN = _Function(), _Cell(), _Class(), _Builtin()
