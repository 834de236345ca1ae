"""What may hold state, by kind: how it is copied, put back and taken apart.

Nothing here calls a method or reads an attribute that a user's class may have overridden.
"""

from __future__ import annotations

import operator
import sys
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol

from engine.training.state.leaves import LEAVES


class Walk(Protocol):
    """What a kind may ask of the walk that is copying."""

    def omitted(self, thing: Any) -> Iterable[str]:
        """Return the names of attributes of an object that are left alone."""

    def before(self, thing: Any) -> Any:
        """Return what the previous state holds of a thing; None if it does not know it."""

    def name_globals(self, function: types.FunctionType) -> None:
        """Include the globals that a function names."""

    def name_class(self, class_: type) -> None:
        """Include the attributes of a user's class, and of its bases that are a user's too."""


class Kind:
    """How things of one kind are copied, put back and taken apart.

    The content of a thing is a shallow copy of it. It can be taken apart into values, which are
    walked in turn, and what is plain about it, which is compared and stored as it is.
    """

    name = ""
    frozen = False  # whether its values must be there before it can be made

    def copy(self, thing: Any, walk: Walk) -> Any:
        """Return the content of a thing."""
        return None

    def unchanged(self, content: Any, before: Any) -> bool:
        """Whether two contents hold the very same things, so that one can be kept for both."""
        return type(content) is list and same_things(content, before)

    def put(self, thing: Any, content: Any) -> None:
        """Put the content back into the same thing."""

    def values(self, content: Any) -> Sequence[Any]:
        """Return the values that it is made of."""
        return ()

    def labels(self, content: Any) -> Sequence[str]:
        """Return where each of the values stands, as it continues a path."""
        return [f"[{index}]" for index in range(len(self.values(content)))]

    def plain(self, content: Any) -> Any:
        """Return what else makes up the content: leaves, or tuples, dicts and arrays of them."""
        return None

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        """Put a content together from its parts."""
        return None

    def nbytes(self, content: Any, before: Any) -> int:
        """Return about how many bytes a content takes besides that of the previous state."""
        dicts = [part for part in content if type(part) is dict] if type(content) is tuple else ()
        return sys.getsizeof(content) + sum(map(sys.getsizeof, dicts))

    def create(self, plain: Any, values: Sequence[Any]) -> Any:
        """Make a new thing of this kind, to put a content into; None if that is not possible.

        The values are given only to a kind that is frozen.
        """
        return None


class _Unknown(Kind):
    """What cannot be copied: it is left alone, and reported."""

    name = "unknown"


class _Data(Kind):
    """A big array that only a module's globals hold: it is left alone."""

    name = "data"


class _List(Kind):
    """A list; its content is the beginning of a longer one, up to a number of items.

    Many lists only grow, such as those of losses: all states then share one copy.
    """

    name = "list"

    def copy(self, thing: Any, walk: Walk) -> Any:
        count, before = list.__len__(thing), walk.before(thing)
        if before is not None and count >= before[1]:
            items, known = before
            if len(items) == known and all(map(operator.is_, items, list.__iter__(thing))):
                items += list.__getitem__(thing, slice(known, None))
                return items, count
        return list.copy(thing), count

    def unchanged(self, content: Any, before: Any) -> bool:
        return content[0] is before[0] and content[1] == before[1]

    def put(self, thing: Any, content: Any) -> None:
        list.__setitem__(thing, slice(None), self.values(content))

    def values(self, content: Any) -> Sequence[Any]:
        items, count = content
        return items if len(items) == count else items[:count]  # type: ignore[no-any-return]

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        return [*values], len(values)

    def create(self, plain: Any, values: Sequence[Any]) -> Any:
        return []

    def nbytes(self, content: Any, before: Any) -> int:
        shared = before is not None and content[0] is before[0]
        return 8 * (content[1] - before[1]) if shared else sys.getsizeof(content[0]) + 56


class _Set(Kind):
    name = "set"

    def copy(self, thing: Any, walk: Walk) -> Any:
        return [*set.__iter__(thing)]

    def put(self, thing: Any, content: Any) -> None:
        now = [*set.__iter__(thing)]
        if {*map(id, now)} != {*map(id, content)}:  # else it keeps its order, too
            set.clear(thing)
            set.update(thing, content)

    def values(self, content: Any) -> Sequence[Any]:
        return content  # type: ignore[no-any-return]

    def labels(self, content: Any) -> Sequence[str]:
        return [f"{{{index}}}" for index in range(len(content))]

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        return [*values]

    def create(self, plain: Any, values: Sequence[Any]) -> Any:
        return set()


class _FrozenSet(_Set):
    name = "frozenset"
    frozen = True

    def copy(self, thing: Any, walk: Walk) -> Any:
        return [*frozenset.__iter__(thing)]

    def put(self, thing: Any, content: Any) -> None:
        """Do nothing: what is in it can change, and itself it cannot."""

    def create(self, plain: Any, values: Sequence[Any]) -> Any:
        return frozenset(values)


class _Tuple(Kind):
    name = "tuple"
    frozen = True

    def copy(self, thing: Any, walk: Walk) -> Any:
        return [*tuple.__iter__(thing)]

    def values(self, content: Any) -> Sequence[Any]:
        return content  # type: ignore[no-any-return]

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        return [*values]

    def create(self, plain: Any, values: Sequence[Any]) -> Any:
        return (*values,)


class _Deque(Kind):
    name = "deque"

    def copy(self, thing: Any, walk: Walk) -> Any:
        return thing.maxlen, [*deque.__iter__(thing)]

    def put(self, thing: Any, content: Any) -> None:
        deque.clear(thing)
        deque.extend(thing, content[1])

    def values(self, content: Any) -> Sequence[Any]:
        return content[1]  # type: ignore[no-any-return]

    def plain(self, content: Any) -> Any:
        return content[0]

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        return plain, [*values]

    def create(self, plain: Any, values: Sequence[Any]) -> Any:
        return deque(maxlen=plain)


class _Dict(Kind):
    name = "dict"

    def copy(self, thing: Any, walk: Walk) -> Any:
        return copy_of_dict(thing)

    def unchanged(self, content: Any, before: Any) -> bool:
        return same_dicts(content, before)

    def put(self, thing: Any, content: Any) -> None:
        now = copy_of_dict(thing)
        if not same_dicts(now, content):
            dict.clear(thing)
            dict.update(thing, content)

    def values(self, content: Any) -> Sequence[Any]:
        return [part for item in content.items() for part in item]

    def labels(self, content: Any) -> Sequence[str]:
        labels = []
        for index, key in enumerate(content):
            plain = type(key) in LEAVES
            label = f"[{key!r}]" if plain else f"[<{type(key).__name__} {index}>]"
            labels += [f" key {label}", label]
        return labels

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        return dict(zip(values[::2], values[1::2], strict=True))

    def create(self, plain: Any, values: Sequence[Any]) -> Any:
        return {}


class _Ordered(_Dict):
    name = "OrderedDict"

    def copy(self, thing: Any, walk: Walk) -> Any:
        return {key: dict.__getitem__(thing, key) for key in OrderedDict.__iter__(thing)}

    def put(self, thing: Any, content: Any) -> None:
        OrderedDict.clear(thing)
        for key, value in content.items():
            OrderedDict.__setitem__(thing, key, value)

    def create(self, plain: Any, values: Sequence[Any]) -> Any:
        return OrderedDict()


class _Default(_Dict):
    name = "defaultdict"

    def copy(self, thing: Any, walk: Walk) -> Any:
        return thing.default_factory, copy_of_dict(thing)

    def unchanged(self, content: Any, before: Any) -> bool:
        return content[0] is before[0] and same_dicts(content[1], before[1])

    def put(self, thing: Any, content: Any) -> None:
        thing.default_factory = content[0]
        super().put(thing, content[1])

    def values(self, content: Any) -> Sequence[Any]:
        return [content[0], *super().values(content[1])]

    def labels(self, content: Any) -> Sequence[str]:
        return [".default_factory", *super().labels(content[1])]

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        return values[0], super().content(plain, values[1:])

    def create(self, plain: Any, values: Sequence[Any]) -> Any:
        return defaultdict()


def copy_of_dict(thing: Any) -> dict[Any, Any]:
    """Return a copy of a dict, of whatever subclass."""
    return thing.copy() if type(thing) is dict else dict(dict.items(thing))


def same_dicts(one: dict[Any, Any], other: dict[Any, Any]) -> bool:
    """Whether two dicts hold the very same things, in the same order."""
    return same_things(one, other) and same_things(one.values(), other.values())


def same_things(some: Collection[Any], others: Collection[Any]) -> bool:
    """Whether these are the very same things, in the same order."""
    return len(some) == len(others) and all(map(operator.is_, some, others))


UNKNOWN, DATA = _Unknown(), _Data()
LIST, DEQUE, SET, TUPLE, FROZEN_SET = _List(), _Deque(), _Set(), _Tuple(), _FrozenSet()
DICT, ORDERED_DICT, DEFAULT_DICT = _Dict(), _Ordered(), _Default()
