"""What an operation reads and writes, found by trying it out.

An operation writes what it changes, and reads what changes its result. Each is run on a small twin
of its layer, over and over, with one array at a time made different. So this holds for any layer,
also one that is not of this package, and nothing of it has to be declared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.random import RandomState

from engine.debugging.duplicates import duplicate
from engine.nn.losses import Loss
from engine.nn.network import Network
from engine.nn.optimizers import Optimizer
from engine.nn.signals import Signal
from engine.training.members import Member, members, owners, parts_of, value_of
from engine.training.program import Operation, compile_program

ROWS = 16  # of the batch that operations are tried out on
LARGE = 1 << 20  # bytes of an array that need not be copied, since a smaller one replaces it


@dataclass(frozen=True, slots=True)
class Dataflow:
    """The names of what an operation reads and writes, as ``dense_1.weights``."""

    reads: tuple[str, ...]
    writes: tuple[str, ...]


@np.errstate(all="ignore")
def find_dataflow(network: Network, loss: Loss, optimizer: Optimizer) -> list[Dataflow]:
    """Find what each operation of the program reads and writes."""
    drawn: Any = np.random.get_state()  # a layer of someone's own may draw from it
    try:
        twins = _twin(network, loss, optimizer)
        flows = []
        for operation in compile_program(*twins):
            flows.append(_try(operation))
            operation.run()
    except Exception:  # code of someone's own, on rows that it did not expect
        return [_guess(o) for o in compile_program(network, loss, optimizer)]
    finally:
        np.random.set_state(drawn)
    return flows


def _guess(operation: Operation) -> Dataflow:
    """Go by the names, where an operation cannot be tried out."""
    names = [n for n, m in members(operation).items() if value_of(m).ndim]
    after: Callable[[str], bool] = {
        "forward": lambda name: name == "output",
        "loss": lambda name: name == "output",
        "backward": lambda name: name.startswith("d") and name != "doutput",
        "update": lambda name: not name.startswith(("d", "gradients")),
    }[operation.phase]
    written = [name for name in names if after(name.rpartition(".")[2])]
    return Dataflow(tuple(n for n in names if n not in written), tuple(written))


def _twin(network: Network, loss: Loss, optimizer: Optimizer) -> tuple[Network, Loss, Optimizer]:
    """Copy what trains, and connect it for a few rows."""
    random = RandomState(1)
    network, loss, optimizer = duplicate([network, loss, optimizer], LARGE)
    rows = random.standard_normal((ROWS, network.n_inputs)).astype(network.dtype)
    loss.connect(network.connect(Signal(rows)))
    loss.set_labels(random.randint(network.n_outputs, size=ROWS))
    network.parameters[:] = random.standard_normal(network.parameters.size)
    return network, loss, optimizer


def _try(operation: Operation) -> Dataflow:
    """Run copies of an operation, each with something else made different."""
    known = _members_and_private(operation)
    plain, copied, written = _outcome(operation, known, None)
    appeared = [name for name in members(copied) if name not in known]
    results = {}
    for name in known:
        results[name], _, changed = _outcome(operation, known, name)
        written |= changed
    read = {n for n, result in results.items() if any(result[w] != plain[w] for w in written)}
    read |= {n for n in known for p in read if _is_private(p) and _keeps(known[p], known[n])}
    return Dataflow(
        tuple(name for name in known if name in read and not _is_private(name)),
        tuple(n for n in (*known, *appeared) if n in {*written, *appeared} and not _is_private(n)),
    )


State = dict[str, bytes]


def _outcome(
    operation: Operation, known: dict[str, Member], different: str | None
) -> tuple[State, Operation, set[str]]:
    """Run a copy, with one array made different; return what is then in all of them, the copy, and
    the names of those that changed.
    """
    parts, places = duplicate([owners(operation), known])
    if different is not None:
        _make_different(*places[different])
    before = _state(places)
    copied = _replaced(operation, *parts)
    copied.run()
    after = _state(places)
    return after, copied, {name for name in before if before[name] != after[name]}


def _replaced(operation: Operation, owner: Any, *targets: Any) -> Operation:
    """Return the operation, done by another object."""
    call: Callable[[], None] = getattr(owner, operation.method.__name__)
    return Operation(operation.name, operation.phase, partial(call, *targets) if targets else call)


def _keeps(private: Member, public: Member) -> bool:
    """Whether an array begins with a copy of another, as a forward pass keeps one of its inputs."""
    copy_, value = value_of(private), value_of(public)
    if not value.ndim or copy_.ndim != value.ndim or copy_.dtype != value.dtype:
        return False
    part = copy_[tuple(slice(n) for n in value.shape)]
    return np.array_equal(part, value) and bool(value.any())


def _is_private(name: str) -> bool:
    return name.rpartition(".")[2].startswith("_")


def _members_and_private(operation: Operation) -> dict[str, Member]:
    """Return the arrays and numbers there are, also those that are an operation's own business."""
    found = members(operation)
    for k, place in enumerate(parts_of(owners(operation)[0])):
        for name, value in vars(place).items():
            if name.startswith("_") and isinstance(value, np.ndarray):
                found[f"{k}.{name}"] = place, name
    return found


def _state(places: dict[str, Member]) -> State:
    return {name: value_of(member).tobytes() for name, member in places.items()}


def _make_different(owner: Any, attribute: str) -> None:
    """Change a value to others of its kind."""
    random = RandomState(2)
    value = getattr(owner, attribute)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        mixed = random.permutation(value.reshape(-1)).reshape(value.shape)
        value[...] = mixed * random.uniform(0.5, 1.5, value.shape) + 0.01 * random.standard_normal(
            value.shape
        )
    elif isinstance(value, np.ndarray) and value.dtype.kind == "b":
        np.logical_not(value, out=value)
    elif isinstance(value, np.ndarray):
        value[...] = random.choice(value.reshape(-1), value.shape)
    elif isinstance(value, float):
        setattr(owner, attribute, value * 1.5 + 0.01)
