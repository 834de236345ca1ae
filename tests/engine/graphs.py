"""Random graphs of objects, how they change, and an oracle of what they are."""

import collections
import functools
import random
import types

import numpy as np


class Plain:
    def __init__(self, **attributes):
        vars(self).update(attributes)


class Slotted:
    __slots__ = ("first", "second")

    def __init__(self, **attributes):
        for name, value in attributes.items():
            setattr(self, name, value)


# -- an oracle: everything reachable, by identity ------------------------------------------------


def parts(thing):
    """Return what a thing is made of, each with its key."""
    match thing:
        case Plain():
            return list(vars(thing).items())
        case Slotted():
            return [(n, getattr(thing, n)) for n in Slotted.__slots__ if hasattr(thing, n)]
        case dict():
            return [*thing.items()]
        case list() | collections.deque() | tuple():
            return [*enumerate(thing)]
        case set():
            return [(0, tuple(sorted(thing)))]
        case np.ndarray() if thing.dtype == object:
            return [*enumerate(thing.ravel().tolist())]
        case np.ndarray():
            return [(0, (thing.dtype.str, thing.shape, thing.tobytes(), thing.flags.writeable))]
        case np.random.Generator():
            return [(0, repr(thing.bit_generator.state))]
        case random.Random():
            return [(0, thing.getstate())]
        case types.FunctionType():
            cells = thing.__closure__ or ()
            return [*vars(thing).items(), *((0, cell.cell_contents) for cell in cells)]
        case functools.partial():
            return [(0, thing.args), (1, thing.keywords)]
    return None


def description(roots):
    """Describe everything reachable; what changed, or is not the same object, shows."""
    found, todo = {}, [*roots.values()]
    while todo:
        thing = todo.pop()
        if id(thing) in found or (inside := parts(thing)) is None:
            continue
        found[id(thing)] = [(k, v if parts(v) is None else id(v)) for k, v in inside]
        if isinstance(thing, set | np.random.Generator | random.Random) or (
            isinstance(thing, np.ndarray) and thing.dtype != object
        ):
            found[id(thing)] = repr(inside)
            continue
        todo += [v for _, v in inside]
    return {key: repr(value) for key, value in found.items()}


# -- random graphs -------------------------------------------------------------------------------


def closure(value):
    def function(new=None):
        nonlocal value
        if new is not None:
            value = new
        return value

    return function


BIG = np.arange(24.0)
MAKERS = [
    Plain,
    Slotted,
    list,
    dict,
    lambda: {1, 2, 3},
    lambda: collections.deque(maxlen=5),
    lambda: collections.defaultdict(list),
    collections.OrderedDict,
    lambda: np.arange(6.0).reshape(2, 3),
    lambda: np.zeros((), np.float32),
    lambda: np.empty(3, object),
    lambda: np.random.default_rng(3),
    lambda: np.random.Generator(np.random.MT19937(1)),
    lambda: random.Random(5),
    lambda: closure([0]),
    lambda: functools.partial(max, [1], key=len),
]
LEAVES = [0, 1.5, float("nan"), "text", None, np.float32(2), True, (1, (2, 3))]


def grow(rng):
    """Make a random graph, with aliases and cycles."""
    nodes = [rng.choice(MAKERS)() for _ in range(rng.randrange(1, 12))]
    for node in list(nodes):
        if isinstance(node, np.ndarray) and node.dtype != object and node.ndim:
            nodes += [node[::-1], node[:, 1], node.T]
    for _ in range(2 * len(nodes)):
        change(rng, rng.choice(nodes), nodes)
    return nodes


def change(rng, node, nodes):
    """Change a thing in place, or bind something else in it."""
    value = rng.choice([*nodes, *LEAVES, (rng.choice(nodes), 1), np.full(2, rng.random())])
    index = rng.randrange(3)
    name = ("first", "second", "_third")[index]
    match node:
        case Plain() if rng.random() < 0.2:
            vars(node).pop(name, None)
        case Slotted() if rng.random() < 0.3 and hasattr(node, "first"):
            del node.first
        case Plain():
            setattr(node, name, value)
        case Slotted():
            setattr(node, name.replace("_third", "first"), value)
        case dict() if rng.random() < 0.2:
            node.pop(name, None)
        case dict():
            node[rng.choice([name, index, (1, index), Plain()])] = value
        case list() if rng.random() < 0.2:
            node.clear()
        case list() | collections.deque() if rng.random() < 0.7 or not node:
            node.append(value)
        case list() | collections.deque():
            node[0] = value
        case set():
            node.symmetric_difference_update({index, 10 + index})
        case np.ndarray() if node.dtype == object:
            node[index] = value
        case np.ndarray():
            node[...] = node + rng.random()
        case np.random.Generator():
            node.normal(size=3)
        case random.Random():
            node.gauss(0, 1)
        case types.FunctionType() if rng.random() < 0.5:
            node(value)
        case types.FunctionType():
            node.calls = value
        case functools.partial():
            node.keywords[name] = value
